"""The judge of a served cluster, over both doors, as a user asks it. Here it is the embedded one, the default."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import psutil
import pytest
from google.protobuf import json_format

from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from tests.open_questions import DATA, NO_DATA, rollouts
from tests.running import Cluster

PAIR = {
    "question": "What does the chest radiograph show?",
    "reference": "Right pleural effusion",
    "candidate": "There is fluid in the right pleural space.",
}
FIELDS = {
    "semantics": PAIR,
    "review": PAIR,
    "trust": {
        "question": "Is there an effusion?",
        "thinking": "The right angle is blunted, so there is an effusion.",
        "answer": "yes",
    },
    "stages": {
        "question": "What is wrong?",
        "reference": "Right pleural effusion",
        "localization": "Right lower zone.",
        "visual_analysis": "The angle is blunted.",
        "knowledge": "Fluid blunts the angle.",
        "conclusion": "Right pleural effusion.",
    },
}


def ask(cluster: Cluster, rubric: str, *items: dict[str, str], **more: Any) -> httpx.Response:
    body = {"items": [{"id": str(number), "fields": fields} for number, fields in enumerate(items)], **more}
    return httpx.post(f"{cluster.url}/v1/judge/{rubric}", content=json.dumps(body), timeout=60)


@pytest.fixture
def stub(cluster: Cluster) -> Iterator[pb_grpc.RewardServiceStub]:
    with grpc.insecure_channel(cluster.grpc) as channel:
        yield pb_grpc.RewardServiceStub(channel)


def open_rollout(answer: str, number: int = 0) -> t.Rollout:
    return t.Rollout(
        id=f"r{number}",
        question=PAIR["question"],
        question_type="open_ended",
        response=f"<think>-</think><response><answer>{answer}</answer></response>",
        reference=t.Reference(PAIR["reference"]),
    )


def score(cluster: Cluster, *given: t.Rollout, **more: Any) -> dict[str, Any]:
    request = t.ScoreRequest(components={"semantics": 1.0}, rollouts=list(given), **more)
    answer = httpx.post(f"{cluster.url}/v1/score", content=codec.encode(request), timeout=120)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_an_open_answer_is_judged_and_the_reply_says_by_whom(cluster: Cluster) -> None:
    reply = score(cluster, open_rollout(PAIR["candidate"]), open_rollout("No pleural effusion.", 1), explain=True)
    right, wrong = (result["components"]["semantics"] for result in reply["results"])
    assert (right["value"], wrong["value"]) == (1.0, 0.0)
    assert "embedded judge" in right["detail"]
    assert right["explanation"]["engine"] == "embedded"
    assert right["explanation"]["reason"]
    assert reply["fingerprint"]["judge"]["engine"] == "embedded"
    assert reply["timing_ms"]["judge_counts"]["asked"] == 2


def test_fingerprint_names_the_judge_where_it_was_not_asked(cluster: Cluster) -> None:
    reply = score(cluster, open_rollout(PAIR["reference"]))
    assert "judge_counts" not in reply["timing_ms"]
    assert reply["fingerprint"]["judge"]["engine"] == "embedded"
    assert "no judge was asked" in reply["results"][0]["components"]["semantics"]["detail"]


@pytest.mark.parametrize("rubric", sorted(FIELDS))
def test_every_shipped_rubric_is_served(cluster: Cluster, rubric: str) -> None:
    answer = ask(cluster, rubric, FIELDS[rubric], explain=True)
    assert answer.status_code == 200, answer.text
    (verdict,) = answer.json()["verdicts"]
    assert verdict["status"] == "ok"
    assert verdict.get("scores") or verdict["choice"] in "ABC"
    assert verdict["reason"]


def test_the_rubrics_are_listed_with_their_fields(cluster: Cluster) -> None:
    listed = {rubric["name"]: rubric for rubric in httpx.get(f"{cluster.url}/v1/rubrics").json()["rubrics"]}
    assert set(listed) == set(FIELDS)
    for name, fields in FIELDS.items():
        assert set(fields) <= set(listed[name]["fields"])
        assert listed[name]["hash"]
        assert listed[name]["version"] >= 1


def test_without_explain_there_is_no_reason(cluster: Cluster) -> None:
    (verdict,) = ask(cluster, "semantics", PAIR).json()["verdicts"]
    assert "reason" not in verdict


def test_repeats_are_asked_once_and_counted(cluster: Cluster) -> None:
    fresh = {**PAIR, "question": f"What is seen at {time.time()}?"}
    first = ask(cluster, "semantics", fresh, fresh, fresh).json()["timing_ms"]["judge_counts"]
    again = ask(cluster, "semantics", fresh).json()["timing_ms"]["judge_counts"]
    assert (first["asked"], first["engine_calls"], first["coalesced"]) == (3, 1, 2)
    assert (again["asked"], again["cache_hits"]) == (1, 1)
    assert "engine_calls" not in again


@pytest.mark.parametrize(
    ("rubric", "body", "status", "path"),
    [
        ("nonsense", {"items": [{"fields": PAIR}]}, 404, None),
        ("semantics", {"items": [{"fields": {**PAIR, "answer": "x"}}]}, 422, "items[0].fields.answer"),
        ("semantics", {"items": [{"fields": {"question": 3}}]}, 422, "items[0].fields.question"),
        ("semantics", {"items": []}, 422, "items"),
        ("semantics", {"items": [{"text": "x"}]}, 422, "items[0].text"),
        ("semantics", {"items": [{"fields": PAIR}], "deadline_ms": 0}, 422, "deadline_ms"),
        ("semantics", {"rubric": "review", "items": [{"fields": PAIR}]}, 422, "rubric"),
        ("semantics", {"items": [{"fields": {**PAIR, "candidate": "x" * 300_000}}]}, 413, "items[0].fields.candidate"),
        ("semantics", [], 422, ""),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_the_field(
    cluster: Cluster, rubric: str, body: Any, status: int, path: str | None
) -> None:
    answer = httpx.post(f"{cluster.url}/v1/judge/{rubric}", content=json.dumps(body), timeout=60)
    assert answer.status_code == status
    fields = answer.json()["error"].get("fields")
    assert path is None or [field["path"] for field in fields] == [path]


def test_an_item_without_a_field_is_invalid_alone(cluster: Cluster) -> None:
    answer = ask(cluster, "semantics", {"question": "q", "candidate": "x"}, PAIR).json()
    missing, good = answer["verdicts"]
    assert missing["status"] == "invalid_input"
    assert "reference" in missing["detail"]
    assert "scores" not in missing
    assert good["status"] == "ok"


def test_grpc_says_the_same(cluster: Cluster, stub: pb_grpc.RewardServiceStub) -> None:
    over_http = ask(cluster, "review", PAIR, {**PAIR, "candidate": "Pneumothorax"}, explain=True).json()
    items = [
        pb.JudgeItem(id="0", fields=PAIR),
        pb.JudgeItem(id="1", fields={**PAIR, "candidate": "Pneumothorax"}),
    ]
    message = stub.Judge(pb.JudgeRequest(rubric="review", explain=True, items=items), timeout=60)
    over_grpc = json_format.MessageToDict(message, preserving_proto_field_name=True)
    assert over_grpc["verdicts"] == over_http["verdicts"]
    assert over_grpc["fingerprint"] == over_http["fingerprint"]


def test_grpc_refuses_by_the_same_table(stub: pb_grpc.RewardServiceStub) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        stub.Judge(pb.JudgeRequest(rubric="nonsense", items=[pb.JudgeItem(fields=PAIR)]), timeout=60)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_metrics_count_judgements(cluster: Cluster) -> None:
    ask(cluster, "trust", FIELDS["trust"])
    text = httpx.get(f"{cluster.url}/metrics").text
    assert re.search(r'^medreward_judgements_total\{outcome="asked"\} [1-9]', text, re.MULTILINE)
    assert re.search(r'^medreward_judge_verdicts_total\{rubric="trust",status="ok"\} [1-9]', text, re.MULTILINE)


@pytest.mark.skipif(not DATA, reason=NO_DATA)
@pytest.mark.parametrize("name", ["vqa_rad", "slake"])
def test_real_open_questions_are_judged_end_to_end(cluster: Cluster, name: str) -> None:
    given = list(rollouts(name))[:1024]
    results = score(cluster, *given, deadline_ms=60_000)["results"]
    values = {result["id"]: result["components"]["semantics"].get("value") for result in results}
    assert len(values) == len(given)
    assert set(values.values()) == {0.0, 1.0}
    same = [value for key, value in values.items() if key.endswith("/same")]
    other = [value for key, value in values.items() if key.endswith("/other")]
    assert sum(same) / len(same) > 0.9  # type: ignore[arg-type]
    assert sum(other) / len(other) < 0.2  # type: ignore[arg-type]


def test_a_judge_that_is_killed_loses_no_rollout(cluster: Cluster) -> None:
    """The ingress asks again when the judge's process is lost; the deployment has another in some seconds."""
    given = [open_rollout(f"finding number {number}", number) for number in range(64)]
    (judge,) = [
        process
        for process in psutil.Process(cluster.process.pid).children(recursive=True)
        if "ServeReplica:medreward:Judge" in " ".join(process.cmdline())
    ]
    judge.kill()
    reply = score(cluster, *given, deadline_ms=60_000)
    assert [result["components"]["semantics"]["status"] for result in reply["results"]] == ["ok"] * len(given)
    assert [result["id"] for result in reply["results"]] == [rollout.id for rollout in given]
