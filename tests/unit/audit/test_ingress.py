"""What is kept of what the doors answer: every verdict, with what it was made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.judge.types import Completion
from medreward.observability.audit.fingerprints import read_fingerprint
from medreward.observability.audit.reading import AuditFiles
from medreward.observability.audit.rows import JudgementRow, ReplyRow, RolloutRow, VerdictRow
from tests.unit.judge.engine import FakeEngine, scores

from .doors import Doors, asked

SECRET = "a small apical pneumothorax of Mrs Example"
QUESTION = "What does the film of Mrs Example show?"


def closed(identity: str, answer: str = "Yes") -> dict[str, Any]:
    return {
        "id": identity,
        "group_id": "q1",
        "question": QUESTION,
        "question_type": "closed_ended",
        "response": f"<response><answer>{answer}</answer></response>",
        "reference": {"answer": "Yes"},
    }


def opened(identity: str, answer: str) -> dict[str, Any]:
    return closed(identity, answer) | {"question_type": "open_ended", "reference": {"answer": SECRET}}


def batch(*rollouts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"components": {"semantics": 1.0}, "rollouts": list(rollouts), **more}


def rollouts(directory: Path) -> list[RolloutRow]:
    return list(AuditFiles(directory, RolloutRow).rows())


def replies(directory: Path) -> list[ReplyRow]:
    return list(AuditFiles(directory, ReplyRow).rows())


def judgement(row: RolloutRow) -> JudgementRow:
    ((found,),) = (part.judgements for part in row.components)
    return found


def everything(directory: Path) -> str:
    return "".join(path.read_text() for path in directory.iterdir())


def test_every_rollout_is_a_row_as_it_was_answered(tmp_path: Path) -> None:
    body = {"recipe": "gemex", "rollouts": [closed("a"), closed("b", "No"), {"id": "c", "question_type": "riddle"}]}

    async def use(doors: Doors) -> Any:
        return await doors.post("/v1/score", body, **{"x-request-id": "step-7"})

    answer = asked(tmp_path, use)
    rows = rollouts(tmp_path)
    assert [row.id for row in rows] == ["a", "b", "c"]
    for row, result in zip(rows, answer["results"], strict=True):
        assert (row.recipe, row.recipe_hash) == ("gemex", answer["fingerprint"]["recipe_hash"])
        assert (row.protocol, row.method, row.request_id) == ("http", "score", "step-7")
        assert row.reward == result.get("reward")
        assert {part.name for part in row.components} == set(result["components"])
        for part in row.components:
            told = result["components"][part.name]
            assert (part.status, part.value, part.weight, part.detail) == (
                told["status"],
                told.get("value"),
                told["weight"],
                told["detail"],
            )
    assert rows[2].reward is None
    fingerprint = read_fingerprint(tmp_path, rows[0].fingerprint)
    assert fingerprint is not None
    assert (fingerprint.version, fingerprint.judge) == (
        answer["fingerprint"]["version"],
        answer["fingerprint"]["judge"],
    )


def test_a_judged_component_leads_to_what_the_engine_wrote(tmp_path: Path) -> None:
    engine = FakeEngine(lambda prompt: scores(9, 8 if "pleural" in prompt.fields["candidate"] else 2))

    async def use(doors: Doors) -> Any:
        await doors.post("/v1/score", batch(opened("1", "pleural air"), opened("2", "cardiomegaly")))
        await doors.post("/v1/score", batch(opened("3", "pleural air"), opened("4", SECRET)))

    asked(tmp_path, use, engine)
    rows = {row.id: row for row in rollouts(tmp_path)}
    written = {reply.key: reply for reply in replies(tmp_path)}
    assert len(written) == len(replies(tmp_path)) == 2
    right, wrong, again = (judgement(rows[one]) for one in "123")
    assert (right.source, wrong.source, again.source) == ("engine", "engine", "cache")
    assert right.key == again.key
    assert {one.name: one.score for one in wrong.scores} == {"assistant1": 9.0, "assistant2": 2.0}
    reply = written[right.key]
    assert (reply.reply, reply.status, reply.attempts) == ('{"assistant1": 9, "assistant2": 8,', "ok", 1)
    fingerprint = read_fingerprint(tmp_path, reply.fingerprint)
    assert fingerprint is not None
    assert reply.prompt_hash == fingerprint.judge["prompt_hash"]
    # equal to the reference: the semantics reward itself needs no judge
    assert rows["4"].components[0].judgements == []


def test_both_orders_are_kept(tmp_path: Path) -> None:
    engine = FakeEngine(lambda prompt: scores(9, 7))

    async def use(doors: Doors) -> Any:
        await doors.post("/v1/score", batch(opened("1", "air")))

    asked(tmp_path, use, engine, judge={"swap": "always"})
    found = judgement(rollouts(tmp_path)[0])
    assert (found.source, found.swapped_source) == ("engine", "engine")
    by_key = {reply.key: reply for reply in replies(tmp_path)}
    assert found.swapped_key is not None
    assert (by_key[found.key].swapped, by_key[found.swapped_key].swapped) == (False, True)


def test_a_reply_that_is_no_verdict_is_kept_as_it_was_written(tmp_path: Path) -> None:
    engine = FakeEngine(lambda prompt: Completion("I would rather not say.", "stop"))

    async def use(doors: Doors) -> Any:
        await doors.post("/v1/score", batch(opened("1", "air")))

    asked(tmp_path, use, engine)
    (row,), (reply,) = rollouts(tmp_path), replies(tmp_path)
    assert (row.reward, row.components[0].status, row.components[0].value) == (None, "unparseable_verdict", None)
    assert (reply.reply, reply.status) == ("I would rather not say.", "unparseable_verdict")
    assert judgement(row).key == reply.key
    assert reply.scores == []


def test_a_rubric_that_was_asked_for_is_a_row_an_item(tmp_path: Path) -> None:
    fields = {"question": QUESTION, "reference": SECRET, "candidate": "air"}
    items = [{"id": "x", "fields": fields}, {"id": "y", "fields": {"question": QUESTION}}]

    async def use(doors: Doors) -> Any:
        return await doors.post("/v1/judge/semantics", {"items": items})

    answer = asked(tmp_path, use, FakeEngine(lambda prompt: scores(9, 2)))
    right, wrong = AuditFiles(tmp_path, VerdictRow).rows()
    assert (right.id, right.rubric, right.status, right.value) == ("x", "semantics", "ok", 0.0)
    assert right.prompt_hash == answer["fingerprint"]["prompt_hash"]
    assert right.judgement is not None
    assert right.judgement.key == replies(tmp_path)[0].key
    assert (wrong.id, wrong.status, wrong.value, wrong.judgement) == ("y", "invalid_input", None, None)


def test_without_texts_neither_question_nor_answers_are_kept(tmp_path: Path) -> None:
    async def use(doors: Doors) -> Any:
        await doors.post("/v1/score", batch(opened("1", "air"), closed("2")))
        await doors.post("/v1/judge/semantics", {"items": [{"fields": {"question": QUESTION, "reference": SECRET}}]})

    asked(tmp_path, use, FakeEngine(lambda prompt: scores(9, 2)))
    kept = everything(tmp_path)
    assert '"id":"1"' in kept
    assert "Mrs Example" not in kept


def test_with_texts_the_rollout_and_the_prompt_are_kept(tmp_path: Path) -> None:
    async def use(doors: Doors) -> Any:
        await doors.post("/v1/score", batch(opened("1", "air")))

    asked(tmp_path, use, FakeEngine(lambda prompt: scores(9, 2)), audit={"texts": True})
    (row,), (reply,) = rollouts(tmp_path), replies(tmp_path)
    assert row.rollout is not None
    assert json.loads(row.rollout) == opened("1", "air")
    assert reply.prompt is not None
    assert SECRET in json.loads(reply.prompt)[-1]["content"]


@pytest.mark.parametrize("streamed", [False, True])
def test_over_grpc_rows_are_in_the_order_of_the_request(tmp_path: Path, streamed: bool) -> None:
    given = [opened("waits", "air"), closed("at once"), opened("waits too", "water")]
    message = pb.ScoreRequest(components={"semantics": 1.0})
    for one in given:
        reference = pb.Reference(**one.pop("reference"))
        message.rollouts.append(pb.Rollout(**one, reference=reference))
    message.rollouts[1].group_id = "another"

    async def call(stub: pb_grpc.RewardServiceStub) -> Any:
        if streamed:
            return [one async for one in stub.ScoreStream(message, timeout=30)]
        return await stub.Score(message, timeout=30)

    async def use(doors: Doors) -> Any:
        await doors.call(call)

    engine = FakeEngine(lambda prompt: scores(9, 8 if "air" in prompt.fields["candidate"] else 2))
    asked(tmp_path, use, engine)
    rows = rollouts(tmp_path)
    assert [(row.id, row.group_id, row.reward) for row in rows] == [
        ("waits", "q1", 1.0),
        ("at once", "another", 1.0),
        ("waits too", "q1", 0.0),
    ]
    assert [len(row.components[0].judgements) for row in rows] == [1, 0, 1]
    assert {row.protocol for row in rows} == {"grpc"}
    assert len({row.request_id for row in rows}) == 1
    assert rows[0].request_id


def test_the_client_is_the_name_of_the_key(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "trainer").write_text("k" * 32)

    async def use(doors: Doors) -> Any:
        await doors.post("/v1/score", batch(closed("a")), authorization=f"Bearer {'k' * 32}")

    asked(tmp_path / "audit", use, auth={"keys_dir": tmp_path / "keys"})
    assert [row.client for row in rollouts(tmp_path / "audit")] == ["trainer"]


def test_a_request_that_is_refused_leaves_no_row(tmp_path: Path) -> None:
    async def use(doors: Doors) -> Any:
        with pytest.raises(AssertionError, match="unknown recipe"):
            await doors.post("/v1/score", {"recipe": "none", "rollouts": [closed("a")]})

    asked(tmp_path, use)
    assert list(tmp_path.iterdir()) == []


def test_the_reply_is_the_same_with_and_without_a_log(tmp_path: Path) -> None:
    async def use(doors: Doors) -> Any:
        return await doors.post("/v1/score", batch(opened("1", "air"), closed("2"), explain=True))

    def told(directory: Path) -> Any:
        answer = asked(directory, use, FakeEngine(lambda prompt: scores(9, 2)))
        return answer["results"], answer["fingerprint"]

    first = told(tmp_path / "a")
    assert first == told(tmp_path / "b")
    assert "judgement" not in json.dumps(first)
