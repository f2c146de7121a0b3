"""One line a request, and one more where rewards are absent by our fault."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from medreward.assembly import build_desk, build_judge, build_pipeline
from medreward.config import load_settings
from medreward.contract import Reference, Rollout, ScoreRequest, codec
from medreward.contract.types import Component, Fingerprint, Result, ScoreResponse, Timing
from medreward.ingress.http import create_app
from medreward.observability.logs_access import Watcher
from medreward.observability.observer import Observer
from medreward.observability.request_id import current, request_id_of, work_for

SECRET = "zebrafish"


@pytest.fixture(autouse=True)
def _of_no_request() -> Iterator[None]:
    work_for(None)
    yield
    work_for(None)


@pytest.fixture(autouse=True)
def _level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "medreward")


def rollout(number: int) -> Rollout:
    return Rollout(
        id=f"r{number}",
        group_id="g",
        question=f"What {SECRET}?",
        question_type="open_ended",
        response=f"<think>a</think><response><answer>{SECRET}</answer></response>",
        reference=Reference(f"{SECRET} as well"),
    )


def ask(body: bytes, path: str = "/v1/score", **headers: str) -> httpx.Response:
    settings = load_settings()
    judge = build_judge(settings.judge)
    app = create_app(
        build_pipeline(settings, judge=judge), build_desk(settings, judge), settings.limits, Observer(watcher=Watcher())
    )

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.post(path, content=body, headers=sent)

    return asyncio.run(run())


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.__dict__ for record in caplog.records if record.name == "medreward.access"]


def test_a_reply_names_its_request_and_the_log_what_became_of_it(caplog: pytest.LogCaptureFixture) -> None:
    reply = ask(codec.encode(ScoreRequest(recipe="gemex", rollouts=[rollout(1)])), x_request_id="step-1")
    assert reply.headers.get_list("x-request-id") == ["step-1"]
    (line,) = told(caplog)
    assert (line["protocol"], line["method"], line["recipe"], line["code"]) == ("http", "score", "gemex", "ok")
    assert (line["rollouts"], line["scored"], line["absent"]) == (1, 1, 0)
    assert line["ms"] >= 0


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        (f'{{"rollouts": "{SECRET}'.encode(), "/v1/score", "malformed"),
        (f'{{"{SECRET}": 1}}'.encode(), "/v1/score", "invalid"),
        (f'{{"recipe": "{SECRET}", "rollouts": [{{"id": "1", "response": ""}}]}}'.encode(), "/v1/score", "invalid"),
        (b"{}", f"/v1/rewards/{SECRET}", "not_found"),
        (b"{}", f"/v1/{SECRET}", "not_found"),
    ],
)
def test_a_refused_request_has_its_line_and_none_of_its_texts(
    caplog: pytest.LogCaptureFixture, body: bytes, path: str, code: str
) -> None:
    reply = ask(body, path)
    assert reply.json()["error"]["code"] == code
    (line,) = told(caplog)
    assert (line["protocol"], line["code"]) == ("http", code)
    assert SECRET not in str(line)
    assert reply.headers["x-request-id"]


def test_without_an_id_or_with_an_unfit_one_a_request_gets_a_new_one() -> None:
    body = codec.encode(ScoreRequest(recipe="gemex", rollouts=[rollout(1)]))
    ids = [ask(body).headers["x-request-id"], ask(body, x_request_id="a b").headers["x-request-id"]]
    assert len({*ids, "a b"}) == 3


@pytest.mark.parametrize("sent", [None, "", "a b", "a\nb", "é", "x" * 129, 'a"b', "\x1b[31m"])
def test_an_id_that_is_no_plain_name_is_replaced(sent: str | None) -> None:
    assert request_id_of(sent) not in ("", sent)


def _response(*statuses: str) -> ScoreResponse:
    results = [
        Result(
            id=f"r{index}",
            reward=1.0 if status == "ok" else None,
            components={
                "semantics": Component(
                    status=status,  # type: ignore[arg-type]
                    value=1.0 if status == "ok" else None,
                    weight=1.0,
                    detail=SECRET,
                )
            },
        )
        for index, status in enumerate(statuses)
    ]
    return ScoreResponse(results, Fingerprint("1", "gemex", "abc"), Timing(0.0, 0.0, 1.0))


@pytest.mark.parametrize("texts", [False, True])
def test_absent_rewards_of_our_fault_are_counted_and_the_first_named(
    caplog: pytest.LogCaptureFixture, texts: bool
) -> None:
    statuses = ["ok", "timeout", "invalid_input", *["unavailable"] * 6]
    request = ScoreRequest(recipe="gemex", rollouts=[rollout(number) for number in range(len(statuses))])
    with Watcher(texts).watch("grpc", "score", {"x-request-id": "s"}) as watched:
        watched.scored(request, _response(*statuses))
        assert current() is not None
    warned, line = told(caplog)
    assert warned["levelname"] == "WARNING"
    assert warned["components"] == {"semantics:timeout": 1, "semantics:unavailable": 6}
    assert warned["rollout"] == ["r1", "r3", "r4", "r5", "r6"]
    assert warned["group"] == ["g"] * 5
    assert (line["scored"], line["absent"]) == (1, 8)
    assert (SECRET in str(warned)) is texts


def test_rollouts_at_fault_themselves_are_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    request = ScoreRequest(recipe="gemex", rollouts=[rollout(0)])
    with Watcher().watch("grpc", "score", {}) as watched:
        watched.scored(request, _response("invalid_input"))
    assert [line["levelname"] for line in told(caplog)] == ["INFO"]


def test_each_call_of_one_task_has_an_id_of_its_own() -> None:
    seen = []
    for _ in range(2):
        with Watcher().watch("grpc", "score", {}):
            request = current()
            assert request is not None
            seen.append(request.request_id)
    assert len(set(seen)) == 2


def test_a_cancelled_request_has_its_line(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(asyncio.CancelledError), Watcher().watch("grpc", "score", {}):
        raise asyncio.CancelledError
    (line,) = told(caplog)
    assert line["code"] == "cancelled"


def test_a_reward_that_quotes_a_text_is_told_without_it(caplog: pytest.LogCaptureFixture) -> None:
    from medreward.observability.logs_withheld import without_messages
    from medreward.scoring.pipeline import _guarded

    def quotes(_: object) -> object:
        raise ValueError(SECRET)

    assert _guarded("mine", rollout(1), quotes, None).status == "unavailable"
    (record,) = caplog.records
    assert (record.__dict__["rollout"], record.__dict__["group"]) == ("r1", "g")
    assert record.exc_info is not None
    assert record.exc_info[1] is not None
    assert SECRET not in record.getMessage() + without_messages(record.exc_info[1])
