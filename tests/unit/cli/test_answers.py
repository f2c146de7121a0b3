"""Answers of a server that are no results: which are tried again, and how they are told."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from medreward.cli import client

from .conftest import Medreward, many, write
from .running import Answer, Door, running

RAYS_404 = b"Path '/v1/score' not found. Ping http://.../-/routes for available routes."


def refusal(code: str, path: str = "") -> bytes:
    """The contract's body."""
    fields = {"fields": [{"path": path, "message": "is wrong"}]} if path else {}
    return json.dumps({"error": {"code": code, "message": "no", **fields}}).encode()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("in_seconds", [True, False])
def test_429_is_tried_again_after_what_the_server_asked(tmp_path: Path, medreward: Medreward, in_seconds: bool) -> None:
    wait = "1" if in_seconds else formatdate(time.time() + 2.5, usegmt=True)
    door = Door(lambda number: Answer(429, headers={"retry-after": wait}) if number == 0 else None)
    with running(door) as server:
        done = medreward("score", write(tmp_path / "in.jsonl", many(2)), "--recipe", "gemex", "--url", server.url)
    assert done.exit_code == 0, done.stderr
    first, second = door.arrived
    assert second - first >= 1.0


def test_a_server_cannot_ask_for_a_wait_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    wait = client._Wait(client.BATCH)

    class State:
        attempt_number = 1

        class outcome:
            @staticmethod
            def exception() -> BaseException:
                return client._Transient("429", retry_after_s=1e9)

    assert wait(State) == client.BATCH.longest_retry_after_s  # type: ignore[arg-type]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(tmp_path: Path, medreward: Medreward, status: int) -> None:
    door = Door(lambda number: Answer(status) if number < 2 else None)
    with running(door) as server:
        done = medreward("score", write(tmp_path / "in.jsonl", many(2)), "--recipe", "gemex", "--url", server.url)
    assert (done.exit_code, len(door.arrived)) == (0, 3)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [400, 404, 405, 413, 422])
def test_a_refusal_is_not_tried_again(tmp_path: Path, medreward: Medreward, status: int) -> None:
    door = Door(lambda number: Answer(status, refusal("some_code")))
    with running(door) as server:
        done = medreward("score", write(tmp_path / "in.jsonl", many(2)), "--recipe", "gemex", "--url", server.url)
    assert (done.exit_code, len(door.arrived)) == (2, 1)
    assert f"answered {status} some_code: no" in done.stderr


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [400, 409])
def test_another_4xx_without_the_contracts_body_is_not_tried_again(
    tmp_path: Path, medreward: Medreward, status: int
) -> None:
    door = Door(lambda number: Answer(status, b"no"))
    with running(door) as server:
        done = medreward("score", write(tmp_path / "in.jsonl", many(2)), "--recipe", "gemex", "--url", server.url)
    assert (done.exit_code, len(door.arrived)) == (2, 1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [404, 501, 520])
@pytest.mark.parametrize("body", [RAYS_404, b"", b"{}", b'{"error": "no such path"}', b"\xff"])
def test_an_answer_of_the_proxy_is_tried_again(tmp_path: Path, medreward: Medreward, status: int, body: bytes) -> None:
    door = Door(lambda number: Answer(status, body) if number < 2 else None)
    with running(door) as server:
        done = medreward("score", write(tmp_path / "in.jsonl", many(2)), "--recipe", "gemex", "--url", server.url)
    assert (done.exit_code, len(door.arrived)) == (0, 3)


@pytest.mark.usefixtures("impatient")
def test_a_proxy_without_its_service_is_a_lost_server(tmp_path: Path, medreward: Medreward) -> None:
    door = Door(lambda number: Answer(404, RAYS_404))
    with running(door) as server:
        done = medreward("score", write(tmp_path / "in.jsonl", many(2)), "--recipe", "gemex", "--url", server.url)
    assert (done.exit_code, len(door.arrived)) == (1, 3)
    assert "is lost: 404 Not Found: Path '/v1/score' not found." in done.stderr


def test_422_is_shown_with_its_field_path(tmp_path: Path, medreward: Medreward) -> None:
    door = Door(lambda number: Answer(422, refusal("invalid", "deadline_ms")))
    with running(door) as server:
        done = medreward("score", write(tmp_path / "in.jsonl", many(2)), "--recipe", "gemex", "--url", server.url)
    assert done.exit_code == 2
    assert "422 invalid: deadline_ms: is wrong" in done.stderr
