"""The served HTTP door, as a user with curl sees it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from medreward.contract import codec
from medreward.contract import types as t
from medreward.examples import load_examples
from tests.running import Cluster

ISSUE_EXAMPLE = {
    "recipe": "gemex",
    "deadline_ms": 10000,
    "explain": False,
    "rollouts": [
        {
            "id": "r1",
            "group_id": "q1",
            "question": "What is seen in the lungs?",
            "question_type": "single_choice",
            "choices": {"A": "Clear", "B": "Focal consolidation"},
            "context": "optional caption or grounded report",
            "response": "<think>...</think><response><answer>B</answer><location><ref>bilateral lung</ref>"
            "<box>[64, 42, 257, 262]</box></location></response>",
            "reference": {"answer": "B", "regions": [{"label": "bilateral lung", "box": [64, 42, 257, 262]}]},
            "image": {"width": 336, "height": 336},
            "box_space": "pixel",
        }
    ],
}


def post(cluster: Cluster, path: str, body: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(f"{cluster.url}{path}", content=content, timeout=60)


def test_the_contract_s_own_example(cluster: Cluster) -> None:
    answer = post(cluster, "/v1/score", ISSUE_EXAMPLE)
    assert answer.status_code == 200
    body = answer.json()
    assert body["results"] == [
        {
            "id": "r1",
            "reward": 2.0,
            "components": {
                "semantics": {"status": "ok", "value": 1.0, "weight": 1.0, "detail": "chose B, reference B"},
                "grounding": {"status": "ok", "value": 1.0, "weight": 1.0, "detail": "1 of 1 boxes, mIoU 1.000"},
            },
        }
    ]
    assert body["fingerprint"]["recipe"] == "gemex"
    assert body["timing_ms"]["total"] > 0


def test_what_needs_a_scorer_is_absent_and_says_so(cluster: Cluster) -> None:
    rollouts = [r for r in load_examples("medsage") if r.id == "open/judged"]
    answer = post(cluster, "/v1/score", codec.encode(t.ScoreRequest(recipe="medsage", rollouts=rollouts)))
    (result,) = answer.json()["results"]
    assert "reward" not in result
    assert result["components"]["consistency"]["status"] == "unavailable"
    assert "value" not in result["components"]["consistency"]
    assert "null" not in answer.text
    assert "NaN" not in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"question_type": "essay"},
        {"question_type": ""},
        {"box_space": "inches"},
        {"image": {"width": 0, "height": 5}},
        {"choices": {}},
        {"reference": {"answer": "Z"}},
        {"reference": {"answer": "B", "regions": [{"box": [1, 2, 3]}]}},
        {"reference": {"answer": "B", "regions": [{"box": [9, 9, 3, 3]}]}},
        {"retry": {"self_check": "no response"}},
        {"id": ""},
    ],
)
def test_one_bad_rollout_is_invalid_alone(cluster: Cluster, change: dict[str, Any]) -> None:
    good = ISSUE_EXAMPLE["rollouts"][0]  # type: ignore[index]
    answer = post(cluster, "/v1/score", {"recipe": "gemex", "rollouts": [good, {**good, **change}, good]})
    assert answer.status_code == 200
    first, bad, last = answer.json()["results"]
    assert first == last
    assert first["reward"] == 2.0
    assert "reward" not in bad
    statuses = {component["status"] for component in bad["components"].values()}
    assert "invalid_input" in statuses
    assert statuses <= {"invalid_input", "ok"}
    (path,) = change
    details = [c["detail"] for c in bad["components"].values() if c["status"] == "invalid_input"]
    assert all(path in detail for detail in details)


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        (b"{", 400, None),
        ({**ISSUE_EXAMPLE, "recipe": "nope"}, 422, "recipe"),
        ({**ISSUE_EXAMPLE, "colour": 1}, 422, "colour"),
        ({**ISSUE_EXAMPLE, "rollouts": []}, 422, "rollouts"),
        ({**ISSUE_EXAMPLE, "rollouts": [{"id": 5}]}, 422, "rollouts[0].id"),
        ({**ISSUE_EXAMPLE, "rollouts": [{"id": "x"}] * 4097}, 413, "rollouts"),
        ({**ISSUE_EXAMPLE, "rollouts": [{"id": "x", "response": "y" * 262_145}]}, 413, "rollouts[0].response"),
        (b'"' + b"x" * (33 << 20) + b'"', 413, None),
        ({"components": {"nope": 1.0}, "rollouts": [{"id": "x"}]}, 422, "components.nope"),
        ({"components": {"answer": -1.0}, "rollouts": [{"id": "x"}]}, 422, "components.answer"),
        ({"components": {"answer": 1e308}, "rollouts": [{"id": "x"}]}, 422, "components.answer"),
    ],
)
def test_a_refusal_has_a_code_and_a_path(cluster: Cluster, body: Any, status: int, path: str | None) -> None:
    answer = post(cluster, "/v1/score", body)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["message"]
    assert [field["path"] for field in error.get("fields", [])] == ([path] if path else [])


def test_one_component_is_always_explained(cluster: Cluster) -> None:
    answer = post(cluster, "/v1/rewards/grounding", ISSUE_EXAMPLE["rollouts"][0])  # type: ignore[index]
    (result,) = answer.json()["results"]
    assert result["components"]["grounding"]["explanation"]["miou"] == 1.0
    assert result["trajectory"]["dialect"] == "gemex"
    assert set(result["components"]) == {"grounding"}


def test_an_unknown_reward_is_not_found(cluster: Cluster) -> None:
    answer = post(cluster, "/v1/rewards/nope", ISSUE_EXAMPLE["rollouts"][0])  # type: ignore[index]
    assert answer.status_code == 404
    assert "grounding" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/recipes", "/v1/rewards", "/v1/info", "/healthz", "/readyz", "/openapi.json"])
def test_what_can_be_read_is_json_without_null(cluster: Cluster, path: str) -> None:
    answer = httpx.get(f"{cluster.url}{path}")
    assert answer.status_code == 200
    assert "null" not in json.dumps(answer.json()) or path == "/openapi.json"


def test_recipes_say_their_weights(cluster: Cluster) -> None:
    recipes = {r["name"]: r for r in httpx.get(f"{cluster.url}/v1/recipes").json()["recipes"]}
    assert set(recipes) == {"gemex", "medsage", "medsage-released"}
    weights = {name: c["weight"] for name, c in recipes["medsage"]["components"].items()}
    assert weights == {"semantics": 1.0, "format": 1.0, "consistency": 1.0, "self_check": 0.2}
    assert recipes["medsage"]["components"]["self_check"]["applies_to"] == "self_check_tokens"
    assert recipes["gemex"]["components"]["grounding"]["params"] == {"mode": "threshold", "threshold": 0.75}


@pytest.mark.parametrize("path", ["/nope", "/v1/score", "/v1/rewards/answer"])
def test_a_wrong_path_or_method_has_the_contract_s_error(cluster: Cluster, path: str) -> None:
    answer = httpx.get(f"{cluster.url}{path}")
    assert answer.status_code in (404, 405)
    assert answer.json()["error"]["code"] in ("not_found", "method_not_allowed")


def test_examples_of_the_docs_work_when_pasted(cluster: Cluster) -> None:
    document = httpx.get(f"{cluster.url}/openapi.json").json()
    assert httpx.get(f"{cluster.url}/docs").status_code == 200
    tried = 0
    for path, operations in document["paths"].items():
        for example in (
            operations.get("post", {})
            .get("requestBody", {})
            .get("content", {})
            .get("application/json", {})
            .get("examples", {})
            .values()
        ):
            answer = post(cluster, path.replace("{name}", "answer").replace("{rubric}", "semantics"), example["value"])
            assert answer.status_code == 200, answer.text
            assert answer.json().get("results") or answer.json()["verdicts"]
            tried += 1
    assert tried >= 3


def test_a_batch_that_outlasts_its_deadline_has_timeouts_and_no_numbers_for_them(cluster: Cluster) -> None:
    rollouts = load_examples("gemex")[:1] * 4096
    answer = post(cluster, "/v1/score", codec.encode(t.ScoreRequest(recipe="gemex", deadline_ms=20, rollouts=rollouts)))
    results = answer.json()["results"]
    late = [r for r in results if "reward" not in r]
    assert len(results) == 4096
    assert late, "4096 rollouts cannot be decoded and scored in 20 ms"
    for result in late:
        assert {c["status"] for c in result["components"].values()} == {"timeout"}
        assert all("value" not in c for c in result["components"].values())
    assert all(r["reward"] == 2.0 for r in results if "reward" in r)


def test_metrics_count_what_all_replicas_served(cluster: Cluster) -> None:
    def scored() -> float:
        lines = httpx.get(f"{cluster.url}/metrics").text.splitlines()
        prefix = 'medreward_rollouts_total{outcome="scored",recipe="gemex"}'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(prefix))

    before = scored()
    body = codec.encode(t.ScoreRequest(recipe="gemex", rollouts=load_examples("gemex")[:1] * 10))
    with ThreadPoolExecutor(8) as pool:  # enough at a time to reach both replicas
        assert all(a.status_code == 200 for a in pool.map(lambda _: post(cluster, "/v1/score", body), range(40)))
    assert scored() - before == 400
