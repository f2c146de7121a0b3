"""The client's half of the protobuf codec, against the service's half."""

from __future__ import annotations

from medreward.contract import ScoreRequest, codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb
from medreward_trainer.client.proto import response_from_proto, rollout_to_proto

FULL = t.Rollout(
    id="x",
    group_id="g",
    question="q",
    question_type="single_choice",
    choices={"A": "a"},
    context="c",
    response="",
    retry=t.Retry("check", "again"),
    reference=t.Reference("A", [t.Region("lung", [0.0, 1.5, 2.0, 3.0])]),
    image=t.Image(10, 20),
    box_space="pixel",
)


def test_a_rollout_arrives_as_it_left() -> None:
    for rollout in (FULL, t.Rollout(id="bare"), t.Rollout(id="retry", retry=t.Retry())):
        message = pb.ScoreRequest(recipe="gemex", rollouts=[rollout_to_proto(rollout)])
        assert codec.request_from_proto(message, codec.Limits()).rollouts == [rollout]
        whole = codec.request_to_proto(ScoreRequest(recipe="gemex", rollouts=[rollout]))
        assert whole.rollouts[0] == message.rollouts[0]


def test_a_reply_arrives_as_it_left_and_what_is_absent_stays_absent() -> None:
    component = t.Component(status="ok", value=0.0, weight=1.0, detail="d", explanation={"iou": [0.5, "x", True]})
    absent = t.Component(status="timeout", weight=0.2, detail="", applies_to="self_check_tokens")
    trajectory = t.Trajectory(
        "lvkc",
        [t.Stage("s", "text", 0, 4)],
        None,
        [t.PredictedRegion("l", [], "pixel", 1, 2), t.PredictedRegion("l", [1.0, 2.0, 3.0, 4.0], "pixel", 1, 2)],
        [t.Problem("c", "m", 3, 4)],
    )
    results = [
        t.Result(
            id="a", reward=0.0, components={"one": component, "two": absent}, detail="gated", trajectory=trajectory
        ),
        t.Result(id="b", components={"two": absent}),
    ]
    for timing in (t.Timing(1.0, 2.0, 3.0), t.Timing(1.0, 2.0, 3.0, 0.0, 5.0, t.JudgeCounts(asked=3, failed=1))):
        made = t.Fingerprint("1", "gemex", "abc", {"engine": "none"}, {})
        response = t.ScoreResponse(results, made, timing)
        assert response_from_proto(codec.response_to_proto(response)) == response
