"""What is refused, and with which path; and that both protocols carry the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.codec import Limits
from medreward.contract.errors import ErrorCode, RequestError
from medreward.contract.v1 import reward_pb2 as pb

LIMITS = Limits(rollouts=4, text_chars=100, regions=2, choices=3, deadline_ms=60_000)
ROLLOUT = {"id": "r1", "question_type": "closed_ended", "response": "Yes", "reference": {"answer": "Yes"}}


def request(**changes: Any) -> dict[str, Any]:
    return {"recipe": "gemex", "rollouts": [ROLLOUT], **changes}


def rollout(**changes: Any) -> dict[str, Any]:
    return request(rollouts=[{**ROLLOUT, **changes}])


def refusal(body: Any) -> RequestError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(RequestError) as caught:
        codec.decode_request(raw, LIMITS)
    return caught.value


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (request(colour="red"), ErrorCode.INVALID, "colour"),
        (rollout(colour="red"), ErrorCode.INVALID, "rollouts[0].colour"),
        (rollout(reference={"answer": "A", "box": []}), ErrorCode.INVALID, "rollouts[0].reference.box"),
        (rollout(response=5), ErrorCode.INVALID, "rollouts[0].response"),
        (rollout(image={"width": "wide"}), ErrorCode.INVALID, "rollouts[0].image.width"),
        (
            rollout(reference={"regions": [{"box": [1, True]}]}),
            ErrorCode.INVALID,
            "rollouts[0].reference.regions[0].box[1]",
        ),
        (rollout(id=None), ErrorCode.INVALID, "rollouts[0].id"),
        (request(explain="yes"), ErrorCode.INVALID, "explain"),
        (request(deadline_ms="soon"), ErrorCode.INVALID, "deadline_ms"),
        (request(deadline_ms=0), ErrorCode.INVALID, "deadline_ms"),
        (request(deadline_ms=-1), ErrorCode.INVALID, "deadline_ms"),
        (request(deadline_ms=60_001), ErrorCode.INVALID, "deadline_ms"),
        (request(rollouts=[]), ErrorCode.INVALID, "rollouts"),
        ({"recipe": "gemex"}, ErrorCode.INVALID, "rollouts"),
        ({"rollouts": [ROLLOUT]}, ErrorCode.INVALID, "recipe"),
        (request(components={"answer": 1.0}), ErrorCode.INVALID, "recipe"),
        (request(rollouts=[ROLLOUT] * 5), ErrorCode.TOO_LARGE, "rollouts"),
        (rollout(response="x" * 101), ErrorCode.TOO_LARGE, "rollouts[0].response"),
        (rollout(question="x" * 101), ErrorCode.TOO_LARGE, "rollouts[0].question"),
        (rollout(context="x" * 101), ErrorCode.TOO_LARGE, "rollouts[0].context"),
        (rollout(retry={"response": "x" * 101}), ErrorCode.TOO_LARGE, "rollouts[0].retry.response"),
        (rollout(retry={"self_check": "x" * 101}), ErrorCode.TOO_LARGE, "rollouts[0].retry.self_check"),
        (rollout(reference={"answer": "x" * 101}), ErrorCode.TOO_LARGE, "rollouts[0].reference.answer"),
        (rollout(reference={"regions": [{}] * 3}), ErrorCode.TOO_LARGE, "rollouts[0].reference.regions"),
        (rollout(choices=dict.fromkeys("ABCD", "x")), ErrorCode.TOO_LARGE, "rollouts[0].choices"),
        (rollout(choices={"A": "x", "B": "x" * 101}), ErrorCode.TOO_LARGE, "rollouts[0].choices.B"),
        (rollout(choices={"A": "x", "B": 5}), ErrorCode.INVALID, "rollouts[0].choices.B"),
        (rollout(id="x" * 101), ErrorCode.TOO_LARGE, "rollouts[0].id"),
        (rollout(group_id="x" * 101), ErrorCode.TOO_LARGE, "rollouts[0].group_id"),
        (
            rollout(reference={"regions": [{"label": "x" * 101}]}),
            ErrorCode.TOO_LARGE,
            "rollouts[0].reference.regions[0].label",
        ),
        ({"components": {"answer": 1.0, "format": "x"}, "rollouts": [ROLLOUT]}, ErrorCode.INVALID, "components.format"),
    ],
)
def test_refusal_names_the_field(body: Any, code: ErrorCode, path: str) -> None:
    error = refusal(body)
    assert (error.code, [field.path for field in error.fields]) == (code, [path])
    assert path in error.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b'{"recipe": "gemex", "rollouts": [',
        b"\xff\xfe",
        b'{"recipe": "g\xff"}',
        b'{"recipe": "\\ud800"}',
        b'{"recipe": NaN}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
    ],
)
def test_what_is_no_json_is_malformed_or_invalid_never_a_crash(body: bytes) -> None:
    assert refusal(body).code in (ErrorCode.MALFORMED, ErrorCode.INVALID)


def test_absent_values_may_be_null_or_left_out() -> None:
    spelled = codec.decode_request(json.dumps(rollout(context=None, retry=None, image=None)).encode(), LIMITS)
    assert spelled == codec.decode_request(json.dumps(request()).encode(), LIMITS)


def test_grpc_refuses_what_http_refuses() -> None:
    message = pb.ScoreRequest(recipe="gemex", rollouts=[pb.Rollout(response="x" * 101)])
    with pytest.raises(RequestError) as caught:
        codec.request_from_proto(message, LIMITS)
    assert caught.value.fields[0].path == "rollouts[0].response"


texts = st.text(max_size=20)
rollouts = st.builds(
    t.Rollout,
    id=texts,
    group_id=texts,
    question=texts,
    question_type=texts,
    choices=st.none() | st.dictionaries(texts, texts, min_size=1, max_size=3),
    context=st.none() | texts,
    response=st.none() | texts,
    retry=st.none() | st.builds(t.Retry, texts, st.none() | texts),
    reference=st.none()
    | st.builds(
        t.Reference,
        texts,
        st.lists(
            st.builds(t.Region, texts, st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5)),
            max_size=2,
        ),
    ),
    image=st.none() | st.builds(t.Image, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    box_space=st.none() | texts,
)


@given(st.lists(rollouts, min_size=1, max_size=3), st.none() | st.integers(1, 60_000), st.booleans())
def test_json_and_protobuf_carry_the_same_request(batch: list[t.Rollout], deadline: int | None, explain: bool) -> None:
    sent = t.ScoreRequest(recipe="gemex", deadline_ms=deadline, explain=explain, rollouts=batch)
    by_json = codec.decode_request(codec.encode(sent), LIMITS)
    wire = codec.request_to_proto(sent).SerializeToString()
    by_grpc = codec.request_from_proto(pb.ScoreRequest.FromString(wire), LIMITS)
    assert by_json == by_grpc == sent


def test_response_json_is_the_mapping_of_the_response_message() -> None:
    response = t.ScoreResponse(
        results=[
            t.Result(
                id="r1",
                components={
                    "format": t.Component(
                        status="ok",
                        value=0.0,
                        weight=1.0,
                        detail="fine",
                        explanation={"pairs": [{"iou": 0.5}], "none": []},
                    ),
                    "self_check": t.Component(
                        status="timeout", weight=0.2, detail="late", applies_to="self_check_tokens"
                    ),
                },
                reward=0.0,
                detail="gated",
                trajectory=t.Trajectory(
                    "lvkc",
                    [t.Stage("visual", "x", 1, 2)],
                    "B",
                    [t.PredictedRegion("lung", [1.0, 2.0, 3.0, 4.0], "pixel", 3, 4)],
                    [t.Problem("stray_close", "why", 5, 6)],
                ),
            ),
            t.Result(id="r2", components={"format": t.Component(status="unavailable", weight=1.0, detail="gone")}),
        ],
        fingerprint=t.Fingerprint("0.1", "gemex", "abc", {"engine": "embedded"}),
        timing_ms=t.Timing(queue=0.5, deterministic=0.25, total=1.0, judge=2.0),
    )
    message = codec.response_to_proto(response)
    by_json = json.loads(codec.encode(response))
    assert json_format.MessageToDict(message, preserving_proto_field_name=True) == by_json
    assert "null" not in codec.encode(response).decode()
    assert "value" not in by_json["results"][1]["components"]["format"]
    assert "reward" not in by_json["results"][1]
