"""A request's structs -> protobuf, and a reply's protobuf -> structs: the client's half of the contract's codec."""

from __future__ import annotations

from typing import Any, cast

from google.protobuf import json_format

from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb


def rollout_to_proto(rollout: t.Rollout) -> pb.Rollout:
    """The message of a rollout.

    Raises:
        TypeError, ValueError: a field has a value that its type does not take.
    """
    retry, reference, image = rollout.retry, rollout.reference, rollout.image
    return pb.Rollout(
        id=rollout.id,
        group_id=rollout.group_id,
        question=rollout.question,
        question_type=rollout.question_type,
        choices=rollout.choices,
        context=rollout.context,
        response=rollout.response,
        retry=None if retry is None else pb.Retry(self_check=retry.self_check, response=retry.response),
        reference=None if reference is None else _reference(reference),
        image=None if image is None else pb.Image(width=image.width, height=image.height),
        box_space=rollout.box_space,
    )


def _reference(reference: t.Reference) -> pb.Reference:
    regions = [pb.Region(label=region.label, box=region.box) for region in reference.regions]
    return pb.Reference(answer=reference.answer, regions=regions)


def response_from_proto(message: pb.ScoreResponse) -> t.ScoreResponse:
    """The reply as the struct that its JSON mapping would decode to; what is absent stays absent."""
    fingerprint, timing = message.fingerprint, message.timing_ms
    return t.ScoreResponse(
        results=[_result(result) for result in message.results],
        fingerprint=t.Fingerprint(
            version=fingerprint.version,
            recipe=fingerprint.recipe,
            recipe_hash=fingerprint.recipe_hash,
            judge=dict(fingerprint.judge),
            scorer=dict(fingerprint.scorer),
        ),
        timing_ms=t.Timing(
            queue=timing.queue,
            deterministic=timing.deterministic,
            total=timing.total,
            judge=timing.judge if timing.HasField("judge") else None,
            scorer=timing.scorer if timing.HasField("scorer") else None,
            judge_counts=_counts(timing.judge_counts) if timing.HasField("judge_counts") else None,
        ),
    )


def _result(m: pb.Result) -> t.Result:
    return t.Result(
        id=m.id,
        reward=m.reward if m.HasField("reward") else None,
        # sorted, since a protobuf map has an order of its own each time
        components={name: _component(m.components[name]) for name in sorted(m.components)},
        detail=m.detail if m.HasField("detail") else None,
        trajectory=_trajectory(m.trajectory) if m.HasField("trajectory") else None,
    )


def _component(m: pb.Component) -> t.Component:
    return t.Component(
        status=cast(t.Status, m.status),  # replies.check holds it to the known ones
        value=m.value if m.HasField("value") else None,
        weight=m.weight,
        detail=m.detail,
        applies_to=m.applies_to if m.HasField("applies_to") else None,
        explanation=json_format.MessageToDict(m.explanation) if m.HasField("explanation") else None,
    )


def _trajectory(m: pb.Trajectory) -> t.Trajectory:
    return t.Trajectory(
        dialect=m.dialect,
        stages=[t.Stage(one.name, one.text, one.start, one.end) for one in m.stages],
        answer=m.answer if m.HasField("answer") else None,
        regions=[t.PredictedRegion(one.label, list(one.box), one.space, one.start, one.end) for one in m.regions],
        problems=[t.Problem(one.code, one.message, one.start, one.end) for one in m.problems],
    )


def _counts(m: pb.JudgeCounts) -> t.JudgeCounts:
    fields: dict[str, Any] = {name: getattr(m, name) for name in t.JudgeCounts.__struct_fields__}
    return t.JudgeCounts(**fields)
