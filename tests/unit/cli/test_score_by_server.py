"""``medreward score --url`` against a real server: order, limits, and what remains when it is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from medreward import __version__
from medreward.cli import client
from medreward.config import RequestLimits

from .conftest import Medreward, closed, ids, many, write
from .running import Answer, Door, running


def test_the_server_and_this_process_write_the_same_file(tmp_path: Path, medreward: Medreward) -> None:
    source = write(tmp_path / "in.jsonl", many(9))
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    with running(Door()) as server:
        done = medreward("score", source, "--recipe", "gemex", "--out", there, "--url", server.url)
    assert done.exit_code == 0, done.stderr
    medreward("score", source, "--recipe", "gemex", "--out", here)
    assert there.read_bytes() == here.read_bytes()


def test_order_is_kept_when_later_batches_are_answered_first(tmp_path: Path, medreward: Medreward) -> None:
    source, out = write(tmp_path / "in.jsonl", many(40)), tmp_path / "out.jsonl"
    # each batch of a window waits longer than the one after it
    door = Door(lambda number: 0.05 * (4 - number % 5))
    with running(door) as server:
        command = ("score", source, "--recipe", "gemex", "--out", out, "--url", server.url)
        done = medreward(*command, "--batch-size", 2, "--in-flight", 5)
    assert done.exit_code == 0, done.stderr
    assert ids(out) == [f"r{number}" for number in range(40)]
    assert 2 <= door.most_at_once <= 5


def test_in_flight_is_a_bound(tmp_path: Path, medreward: Medreward) -> None:
    door = Door(lambda number: 0.02)
    with running(door) as server:
        source = write(tmp_path / "in.jsonl", many(12))
        medreward("score", source, "--recipe", "gemex", "--url", server.url, "--batch-size", 1, "--in-flight", 2)
    assert len(door.arrived) == 12
    assert door.most_at_once == 2


@pytest.mark.usefixtures("impatient")
def test_a_server_lost_midway_leaves_what_is_done_and_a_run_to_take_up(tmp_path: Path, medreward: Medreward) -> None:
    source, out = write(tmp_path / "in.jsonl", many(20)), tmp_path / "out.jsonl"
    command = ("score", source, "--recipe", "gemex", "--out", out, "--batch-size", 2, "--in-flight", 2)
    stop: list[Callable[[], None]] = []

    def stop_at_six(number: int) -> Answer | None:
        if number < 6:
            return None
        stop[0]()
        return Answer(503)

    with running(Door(stop_at_six)) as server:
        stop.append(server.stop)
        lost = medreward(*command, "--url", server.url)
    assert lost.exit_code == 1
    assert "is lost" in lost.stderr
    assert f"results are in {out}; the same command goes on from there" in lost.stderr
    assert lost.stderr.count("\n") == 1
    done = ids(out)
    assert 8 <= len(done) <= 12  # the six batches, but for those that were on their way
    assert done == [f"r{number}" for number in range(len(done))]

    with running(Door()) as server:
        assert medreward(*command, "--url", server.url).exit_code == 0
    assert ids(out) == [f"r{number}" for number in range(20)]


def test_an_overlong_rollout_is_named_by_its_line_as_in_process(tmp_path: Path, medreward: Medreward) -> None:
    long = closed("long") | {"question": "x" * 99}
    source, out = write(tmp_path / "in.jsonl", [*many(5), long, *many(2)]), tmp_path / "out.jsonl"
    with running(Door(limits=RequestLimits(text_chars=90))) as server:
        command = ("score", source, "--recipe", "gemex", "--url", server.url, "--out", out)
        done = medreward(*command, "--batch-size", 2)
    assert done.exit_code == 2
    assert f"{source}:6: question: has 99 characters, at most 90 are taken" in done.stderr
    assert ids(out) == ["r0", "r1", "r2", "r3", "r4"]


def test_a_row_of_a_data_set_that_the_server_refuses_is_named_by_its_id(tmp_path: Path, medreward: Medreward) -> None:
    source = tmp_path / "cares.jsonl"
    questions = ("Is it?", "Is it " + "x" * 90 + "?")
    source.write_text("".join(json.dumps({"question": question, "answer": "Yes"}) + "\n" for question in questions))
    with running(Door(limits=RequestLimits(text_chars=90))) as server:
        done = medreward("score", source, "--recipe", "gemex", "--url", server.url, "--reader", "cares")
    assert done.exit_code == 2
    assert "rollouts[1].question: has 97 characters, at most 90 are taken (rollout 'cares/2')" in done.stderr


def test_a_deadline_beyond_the_servers_limit_is_refused_before_anything_is_sent(
    tmp_path: Path, medreward: Medreward
) -> None:
    source, out = write(tmp_path / "in.jsonl", many(2)), tmp_path / "out.jsonl"
    door = Door(limits=RequestLimits(default_deadline_ms=50, max_deadline_ms=50))
    with running(door) as server:
        command = ("score", source, "--recipe", "gemex", "--url", server.url, "--out", out)
        done = medreward(*command, "--deadline-ms", 51)
        assert medreward(*command, "--deadline-ms", 50).exit_code == 0
    assert done.exit_code == 2
    assert done.stderr == "medreward: --deadline-ms: at most 50 are taken, not 51\n"
    assert len(door.arrived) == 1


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_does_not_come_is_a_lost_server(
    tmp_path: Path, medreward: Medreward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_MARGIN_S", 0.1)
    with running(Door(lambda number: 30.0)) as server:
        started = time.monotonic()
        source = write(tmp_path / "in.jsonl", many(2))
        done = medreward("score", source, "--recipe", "gemex", "--url", server.url, "--deadline-ms", 100)
        assert time.monotonic() - started < 5
    assert (done.exit_code, "no answer within 0.2 s (3 attempts)" in done.stderr) == (1, True)


@pytest.mark.usefixtures("impatient")
def test_nothing_listening_is_one_line_and_exit_1(tmp_path: Path, medreward: Medreward) -> None:
    source = write(tmp_path / "in.jsonl", many(2))
    done = medreward("score", source, "--recipe", "gemex", "--url", "http://127.0.0.1:1")
    assert done.exit_code == 1
    assert "http://127.0.0.1:1 is lost: ConnectError" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("results", [[], [{"id": "r0", "components": {}}], [{"id": "r1", "components": {}}] * 2, 7])
def test_a_reply_out_of_step_is_no_result(tmp_path: Path, medreward: Medreward, results: object) -> None:
    body = json.dumps({"results": results, "fingerprint": {"version": "1", "recipe_hash": "2"}}).encode()
    source, out = write(tmp_path / "in.jsonl", many(2)), tmp_path / "out.jsonl"
    with running(Door(lambda number: Answer(200, body))) as server:
        done = medreward("score", source, "--recipe", "gemex", "--url", server.url, "--out", out)
    assert done.exit_code == 1
    assert out.read_bytes() == b""


def test_a_recipe_that_changes_under_way_stops_the_run(tmp_path: Path, medreward: Medreward) -> None:
    component = {"status": "ok", "weight": 1, "detail": "", "value": 1}
    reply = {
        "results": [{"id": "r1", "components": {"semantics": component, "grounding": component}}],
        "fingerprint": {"version": __version__, "recipe": "gemex", "recipe_hash": "of another"},
    }
    source, out = write(tmp_path / "in.jsonl", many(2)), tmp_path / "out.jsonl"
    plan = Door(lambda number: Answer(200, json.dumps(reply).encode()) if number == 1 else None)
    with running(plan) as server:
        command = ("score", source, "--recipe", "gemex", "--url", server.url, "--out", out)
        done = medreward(*command, "--batch-size", 1, "--in-flight", 1)
    assert (done.exit_code, "recipe gemex has changed" in done.stderr) == (1, True)
    assert ids(out) == ["r0"]


def test_the_servers_limits_rule_not_the_clients(tmp_path: Path, medreward: Medreward) -> None:
    source = write(tmp_path / "in.jsonl", [closed("long") | {"question": "x" * 300_000}])
    with running(Door(limits=RequestLimits(text_chars=400_000))) as server:
        assert medreward("score", source, "--recipe", "gemex", "--url", server.url).exit_code == 0
    assert "at most 262144 are taken" in medreward("score", source, "--recipe", "gemex").stderr
