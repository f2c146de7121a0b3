"""What the ingress counts."""

from __future__ import annotations

import pytest

from medreward import __version__
from medreward.contract import types as t
from medreward.observability.metrics import Metrics
from medreward.scoring.in_place import InPlace

from .replies import reply
from .scraped import samples, value


def page(metrics: Metrics) -> str:
    return metrics.exposition().decode()


def test_values_tell_mean_and_spread_and_the_absent_tell_neither() -> None:
    metrics = Metrics()
    metrics.replied("http", reply([0.5, 1.0, None]), InPlace())
    scraped = page(metrics)
    of = {"recipe": "gemex", "component": "semantics"}
    assert value(scraped, "medreward_component_value_sum", **of) == 1.5
    assert value(scraped, "medreward_component_value_count", **of) == 2.0
    assert value(scraped, "medreward_component_value_squares_total", **of) == 1.25
    assert value(scraped, "medreward_component_value_bucket", **of, le="0.5") == 1.0
    assert value(scraped, "medreward_components_total", component="semantics", status="timeout") == 1.0
    assert value(scraped, "medreward_reward_sum", recipe="gemex") == 3.0
    assert value(scraped, "medreward_reward_count", recipe="gemex") == 2.0
    assert value(scraped, "medreward_reward_squares_total", recipe="gemex") == 5.0
    assert value(scraped, "medreward_rollouts_total", recipe="gemex", outcome="scored") == 2.0
    assert value(scraped, "medreward_rollouts_total", recipe="gemex", outcome="absent") == 1.0
    assert value(scraped, "medreward_batch_rollouts_sum", protocol="http") == 3.0


def test_stages_are_seconds_of_the_reply_and_of_the_work_in_place() -> None:
    metrics, in_place = Metrics(), InPlace()
    in_place.parse = 0.25
    in_place.components["format"] = 0.125
    in_place.components["judge"] = 0.5
    metrics.replied("http", reply([1.0]), in_place)
    scraped = page(metrics)

    def seconds(stage: str) -> float | None:
        return value(scraped, "medreward_stage_seconds_sum", recipe="gemex", stage=stage)

    assert (seconds("queue"), seconds("total"), seconds("parse"), seconds("format")) == (0.001, 0.03, 0.25, 0.125)
    # a component of that name is not the service
    assert (seconds("judge"), seconds("judge_component")) == (None, 0.5)
    assert seconds("deterministic") is None


def test_a_request_is_in_flight_until_it_ends_however_it_ends() -> None:
    metrics = Metrics()
    with metrics.in_flight("grpc", "score"):
        assert value(page(metrics), "medreward_requests_in_flight", protocol="grpc") == 1.0
    with pytest.raises(RuntimeError), metrics.in_flight("grpc", "score"):
        raise RuntimeError
    assert value(page(metrics), "medreward_requests_in_flight", protocol="grpc") == 0.0
    assert value(page(metrics), "medreward_request_seconds_count", protocol="grpc", method="score") == 2.0


def test_build_info_names_what_scores_now_and_forgets_what_did() -> None:
    metrics = Metrics()
    judge = {"engine": "embedded", "model": "rules", "revision": "1", "prompt_hash": "abc"}
    metrics.identified(judge, {"checkpoint": "one"})
    metrics.identified(judge, {"checkpoint": "two"})
    found = {labels: number for (name, labels), number in samples(page(metrics)).items() if name.endswith("build_info")}
    now = {"version": __version__, "judge": "embedded rules 1", "judge_prompt": "abc", "scorer": "two"}
    assert found == {frozenset(now.items()): 1.0}
    metrics.identified(judge, {"checkpoint": "one"})
    assert value(page(metrics), "medreward_build_info", **{**now, "scorer": "one"}) == 1.0


def test_a_reply_tells_what_scores() -> None:
    metrics = Metrics()
    metrics.replied("http", reply([1.0], judge={"engine": "vllm", "prompt_hash": "p"}), InPlace())
    labels = {"version": __version__, "judge": "vllm", "judge_prompt": "p", "scorer": ""}
    assert value(page(metrics), "medreward_build_info", **labels) == 1.0


def test_judgements_have_a_series_before_the_first_that_fails() -> None:
    metrics = Metrics()
    response = t.JudgeResponse(
        [t.Verdict(id="1", status="ok", detail="")],
        {},
        t.Timing(queue=0.0, deterministic=0.0, total=1.0, judge_counts=t.JudgeCounts(asked=1, engine_calls=1)),
    )
    for _ in range(2):
        metrics.ruled("http", "semantics", response)
    scraped = page(metrics)
    assert value(scraped, "medreward_judgements_total", outcome="asked") == 2.0
    assert value(scraped, "medreward_judgements_total", outcome="failed") == 0.0
    assert value(scraped, "medreward_judge_engine_calls_total", attempt="first") == 2.0
    assert value(scraped, "medreward_judge_verdicts_total", rubric="semantics", status="ok") == 2.0
