"""proto/ is the one source: the generated code is current, and the structs say the same."""

from __future__ import annotations

import types as python_types
import typing
from pathlib import Path

import msgspec
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb
from tests.contract.generate import CHECKED_IN, PACKAGE, generate

MESSAGES = [
    "ScoreRequest",
    "Rollout",
    "Retry",
    "Reference",
    "Region",
    "Image",
    "ScoreResponse",
    "Result",
    "Component",
    "Trajectory",
    "Stage",
    "PredictedRegion",
    "Problem",
    "Fingerprint",
    "Timing",
    "JudgeCounts",
    "JudgeRequest",
    "JudgeItem",
    "JudgeResponse",
    "Verdict",
]

KINDS = {
    FieldDescriptor.CPPTYPE_STRING: str,
    FieldDescriptor.CPPTYPE_DOUBLE: float,
    FieldDescriptor.CPPTYPE_UINT32: int,
    FieldDescriptor.CPPTYPE_BOOL: bool,
}


def test_checked_in_code_is_what_the_proto_generates(tmp_path: Path) -> None:
    fresh = generate(tmp_path)
    assert {path.name for path in fresh} == {"reward_pb2.py", "reward_pb2.pyi", "reward_pb2_grpc.py"}
    for path in fresh:
        assert (CHECKED_IN / PACKAGE / path.name).read_text() == path.read_text(), f"{path.name}: run make proto"


@pytest.mark.parametrize("name", MESSAGES)
def test_struct_has_the_fields_of_its_message(name: str) -> None:
    descriptor: Descriptor = getattr(pb, name).DESCRIPTOR
    hints = typing.get_type_hints(getattr(t, name))
    assert set(hints) == {field.name for field in descriptor.fields}
    for field in descriptor.fields:
        assert _kind(hints[field.name]) == _proto_kind(field), field.name


def test_every_message_but_those_of_grpc_alone_has_a_struct() -> None:
    alone = {"ScoreStreamResponse", "ErrorReply", "Error", "FieldError"}
    assert set(pb.DESCRIPTOR.message_types_by_name) == {*MESSAGES, *alone}


def test_service_is_the_one_promised() -> None:
    service = pb.DESCRIPTOR.services_by_name["RewardService"]
    assert service.full_name == "medreward.v1.RewardService"
    assert [(m.name, m.server_streaming) for m in service.methods] == [
        ("Score", False),
        ("ScoreStream", True),
        ("Judge", False),
    ]


def _kind(hint: typing.Any) -> typing.Any:
    """The type without its absence; a list as [item], a map as its value type."""
    if typing.get_origin(hint) in (typing.Union, python_types.UnionType):
        (hint,) = (arg for arg in typing.get_args(hint) if arg is not type(None))
    if typing.get_origin(hint) is typing.Literal:
        return str
    if typing.get_origin(hint) is list:
        return [_name(typing.get_args(hint)[0])]
    if typing.get_origin(hint) is dict:
        return {"map": _name(typing.get_args(hint)[1])}
    return _name(hint)


def _name(hint: typing.Any) -> typing.Any:
    return hint.__name__ if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else hint


def _proto_kind(field: FieldDescriptor) -> typing.Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return {"map": _proto_kind(field.message_type.fields_by_name["value"])}
    if field.message_type is not None and field.message_type.full_name == "google.protobuf.Struct":
        return {"map": typing.Any}
    one = field.message_type.name if field.message_type is not None else KINDS[field.cpp_type]
    return [one] if field.is_repeated else one
