"""Bytes or protobuf -> structs, and back. Every request is decoded and checked here, once.

JSON is decoded and type-checked in one pass by msgspec. What it refuses, and what is beyond a limit, becomes a
:class:`~medreward.contract.errors.RequestError` whose fields carry paths such as ``rollouts[0].image.width``.
Both protocols pass through :func:`check_limits`, so both refuse the same requests.
"""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

import msgspec
from google.protobuf import json_format, struct_pb2

from medreward.contract import types as t
from medreward.contract.decoding import decode
from medreward.contract.errors import ErrorCode, RequestError
from medreward.contract.v1 import reward_pb2 as pb

_request_decoder = msgspec.json.Decoder(t.ScoreRequest)
_rollout_decoder = msgspec.json.Decoder(t.Rollout)
_judge_decoder = msgspec.json.Decoder(t.JudgeRequest)
_encoder = msgspec.json.Encoder()


class Limits(NamedTuple):
    """What a request may hold at most."""

    rollouts: int = 4096
    text_chars: int = 262_144
    """of any single text: a response, a self-check, a question, a context"""
    regions: int = 256
    """of one reference"""
    choices: int = 64
    deadline_ms: int = 600_000


# --- JSON ---------------------------------------------------------------------------------------------------


def decode_request(body: bytes, limits: Limits) -> t.ScoreRequest:
    """The body of ``POST /v1/score``.

    Raises:
        RequestError: ``malformed`` (no JSON), ``invalid`` (a field is unknown or of the wrong type), or
            ``too_large`` (beyond ``limits``).
    """
    request = decode(_request_decoder, body)
    check_limits(request, limits)
    return request


def decode_rollout(body: bytes, limits: Limits) -> t.Rollout:
    """The body of ``POST /v1/rewards/{name}``: one rollout. Raises as :func:`decode_request`."""
    rollout = decode(_rollout_decoder, body)
    _check_rollout(rollout, "", limits)
    return rollout


def decode_judge_request(body: bytes, rubric: str, limits: Limits) -> t.JudgeRequest:
    """The body of ``POST /v1/judge/{rubric}``. Raises as :func:`decode_request`."""
    request = decode(_judge_decoder, body)
    if request.rubric not in ("", rubric):
        raise RequestError.at(ErrorCode.INVALID, "rubric", f"is {request.rubric[:80]!r}, but the path says {rubric!r}")
    request = msgspec.structs.replace(request, rubric=rubric)
    check_judge_limits(request, limits)
    return request


def encode(value: t.Wire) -> bytes:
    """A struct as JSON: absent fields are left out."""
    return _encoder.encode(value)


# --- limits -------------------------------------------------------------------------------------------------


def check_limits(request: t.ScoreRequest, limits: Limits) -> None:
    """Refuses an empty or oversized batch, an oversized text, and a deadline that is none.

    Raises:
        RequestError: ``invalid`` or ``too_large``, with the path of the field.
    """
    if bool(request.recipe) == bool(request.components):
        raise RequestError.at(ErrorCode.INVALID, "recipe", "give exactly one of recipe and components")
    _check_batch("rollouts", len(request.rollouts), request.deadline_ms, limits)
    for index, rollout in enumerate(request.rollouts):
        _check_rollout(rollout, f"rollouts[{index}].", limits)


def check_judge_limits(request: t.JudgeRequest, limits: Limits) -> None:
    """The same for the judge's items. Raises as :func:`check_limits`."""
    _check_batch("items", len(request.items), request.deadline_ms, limits)
    for index, item in enumerate(request.items):
        for name, text in (("id", item.id), *((f"fields.{name[:80]}", text) for name, text in item.fields.items())):
            if len(text) > limits.text_chars:
                _too_long(f"items[{index}].{name}", len(text), limits.text_chars)


def _check_batch(path: str, count: int, deadline_ms: int | None, limits: Limits) -> None:
    if deadline_ms is not None and not 0 < deadline_ms <= limits.deadline_ms:
        message = f"must be from 1 to {limits.deadline_ms} milliseconds, not {deadline_ms}"
        raise RequestError.at(ErrorCode.INVALID, "deadline_ms", message)
    if not count:
        raise RequestError.at(ErrorCode.INVALID, path, "must hold at least one entry")
    if count > limits.rollouts:
        raise RequestError.at(ErrorCode.TOO_LARGE, path, f"holds {count} {path}, at most {limits.rollouts} are taken")


def _check_rollout(rollout: t.Rollout, path: str, limits: Limits) -> None:
    most = limits.text_chars
    texts = [
        ("id", rollout.id),
        ("group_id", rollout.group_id),
        ("question", rollout.question),
        ("question_type", rollout.question_type),
        ("context", rollout.context),
        ("response", rollout.response),
        ("box_space", rollout.box_space),
    ]
    if (retry := rollout.retry) is not None:
        texts += [("retry.self_check", retry.self_check), ("retry.response", retry.response)]
    if (choices := rollout.choices) is not None:
        if len(choices) > limits.choices:
            _too_many(path + "choices", len(choices), limits.choices)
        texts += [(f"choices.{letter[:80]}", letter) for letter in choices if len(letter) > most]
        texts += [(f"choices.{letter[:80]}", text) for letter, text in choices.items() if len(text) > most]
    if (reference := rollout.reference) is not None:
        texts.append(("reference.answer", reference.answer))
        if len(reference.regions) > limits.regions:
            _too_many(path + "reference.regions", len(reference.regions), limits.regions)
        for index, region in enumerate(reference.regions):
            if len(region.label) > most:
                texts.append((f"reference.regions[{index}].label", region.label))
    for name, text in texts:
        if text is not None and len(text) > most:
            _too_long(path + name, len(text), most)


def _too_long(path: str, length: int, most: int) -> NoReturn:
    raise RequestError.at(ErrorCode.TOO_LARGE, path, f"has {length} characters, at most {most} are taken")


def _too_many(path: str, count: int, most: int) -> NoReturn:
    raise RequestError.at(ErrorCode.TOO_LARGE, path, f"has {count} entries, at most {most} are taken")


# --- protobuf -----------------------------------------------------------------------------------------------


def request_from_proto(message: pb.ScoreRequest, limits: Limits) -> t.ScoreRequest:
    """A gRPC request as the struct that its JSON mapping would decode to. Raises as :func:`decode_request`."""
    request = t.ScoreRequest(
        recipe=message.recipe,
        components=dict(message.components),
        deadline_ms=message.deadline_ms if message.HasField("deadline_ms") else None,
        explain=message.explain,
        rollouts=[_rollout_from_proto(rollout) for rollout in message.rollouts],
    )
    check_limits(request, limits)
    return request


def judge_request_from_proto(message: pb.JudgeRequest, limits: Limits) -> t.JudgeRequest:
    """The same for the judge. Raises as :func:`check_judge_limits`."""
    request = t.JudgeRequest(
        rubric=message.rubric,
        deadline_ms=message.deadline_ms if message.HasField("deadline_ms") else None,
        explain=message.explain,
        items=[t.JudgeItem(item.id, dict(item.fields)) for item in message.items],
    )
    check_judge_limits(request, limits)
    return request


def _rollout_from_proto(m: pb.Rollout) -> t.Rollout:
    has = m.HasField
    return t.Rollout(
        id=m.id,
        group_id=m.group_id,
        question=m.question,
        question_type=m.question_type,
        choices=dict(m.choices) or None,
        context=m.context if has("context") else None,
        response=m.response if has("response") else None,
        retry=_retry_from_proto(m.retry) if has("retry") else None,
        reference=_reference_from_proto(m.reference) if has("reference") else None,
        image=t.Image(m.image.width, m.image.height) if has("image") else None,
        box_space=m.box_space if has("box_space") else None,
    )


def _retry_from_proto(m: pb.Retry) -> t.Retry:
    return t.Retry(m.self_check, m.response if m.HasField("response") else None)


def _reference_from_proto(m: pb.Reference) -> t.Reference:
    return t.Reference(m.answer, [t.Region(region.label, list(region.box)) for region in m.regions])


def request_to_proto(request: t.ScoreRequest) -> pb.ScoreRequest:
    """The message of a request, for clients of the gRPC service."""
    message = pb.ScoreRequest()
    json_format.ParseDict(msgspec.to_builtins(request), message)
    return message


def response_to_proto(response: t.ScoreResponse) -> pb.ScoreResponse:
    """The message of a whole reply."""
    return pb.ScoreResponse(
        results=[result_to_proto(result) for result in response.results],
        fingerprint=fingerprint_to_proto(response.fingerprint),
        timing_ms=timing_to_proto(response.timing_ms),
    )


def result_to_proto(result: t.Result) -> pb.Result:
    """The message of one result."""
    message = pb.Result(id=result.id, reward=result.reward, detail=result.detail)
    components = message.components
    for name, c in result.components.items():
        components[name].MergeFrom(
            pb.Component(
                status=c.status,
                value=c.value,
                weight=c.weight,
                detail=c.detail,
                applies_to=c.applies_to,
                explanation=_struct(c.explanation),
            )
        )
    if (trajectory := result.trajectory) is not None:
        message.trajectory.CopyFrom(
            pb.Trajectory(
                dialect=trajectory.dialect,
                stages=[pb.Stage(**_fields(stage)) for stage in trajectory.stages],
                answer=trajectory.answer,
                regions=[pb.PredictedRegion(**_fields(region)) for region in trajectory.regions],
                problems=[pb.Problem(**_fields(problem)) for problem in trajectory.problems],
            )
        )
    return message


def fingerprint_to_proto(fingerprint: t.Fingerprint) -> pb.Fingerprint:
    """The message of a fingerprint."""
    return pb.Fingerprint(**_fields(fingerprint))


def timing_to_proto(timing: t.Timing) -> pb.Timing:
    """The message of the timings."""
    fields = _fields(timing)
    counts: t.JudgeCounts | None = fields.pop("judge_counts")
    return pb.Timing(**fields, judge_counts=pb.JudgeCounts(**_fields(counts)) if counts is not None else None)


def judge_response_to_proto(response: t.JudgeResponse) -> pb.JudgeResponse:
    """The message of the judge's reply."""
    return pb.JudgeResponse(
        verdicts=[pb.Verdict(**_fields(verdict)) for verdict in response.verdicts],
        fingerprint=response.fingerprint,
        timing_ms=timing_to_proto(response.timing_ms),
    )


def error_to_proto(error: RequestError) -> pb.ErrorReply:
    """The message of a refusal, for gRPC's trailing metadata."""
    return json_format.ParseDict(error.body(), pb.ErrorReply())


def _fields(struct: t.Wire) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _struct(explanation: dict[str, Any] | None) -> struct_pb2.Struct | None:
    if explanation is None:
        return None
    message = struct_pb2.Struct()
    message.update(explanation)
    return message
