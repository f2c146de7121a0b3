"""What the long runs are for makes them fail."""

from __future__ import annotations

import pytest

from tests.fuzz.memory import failures

INGRESS, JUDGE = "11 ray::ServeReplica:medreward:Ingress", "12 ray::ServeReplica:medreward:Judge"
STEADY = [{INGRESS: 250.0 + n, JUDGE: 240.0, f"{20 + n} ray::IDLE": 90.0} for n in range(4)]
GROWN = [{**one, JUDGE: 240.0 + 30 * n} for n, one in enumerate(STEADY)]
REPLACED = [*STEADY[:3], {INGRESS: 253.0, "19 ray::ServeReplica:medreward:Judge": 90.0}]
ANSWERS = {"200": 9, "422": 3, "404": 1, "gRPC OK": 2, "gRPC INVALID_ARGUMENT": 1}


def test_a_steady_server_that_answers_passes() -> None:
    assert failures(STEADY, ANSWERS, 24.0) == []


@pytest.mark.parametrize(
    ("readings", "told"),
    [
        (GROWN, f"{JUDGE} grew by 60.0 MiB"),
        (REPLACED, "replica 12 ended"),
        ([{"1 python": 9.0}] * 4, "there was no replica to be seen"),
    ],
)
def test_growth_and_a_replica_that_ended_fail(readings: list[dict[str, float]], told: str) -> None:
    assert failures(readings, ANSWERS, 24.0) == [told]


@pytest.mark.parametrize("code", ["500", "502", "503", "504", "gRPC INTERNAL", "gRPC UNKNOWN", "gRPC UNAVAILABLE"])
def test_a_reply_that_is_no_answer_fails(code: str) -> None:
    assert failures(STEADY, {**ANSWERS, code: 1}, 24.0) == [f"1 times {code}"]
