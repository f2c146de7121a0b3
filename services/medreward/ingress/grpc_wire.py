"""The gRPC service as a server registers it: what is no message is refused in the contract's words.

gRPC itself answers bytes that are no protobuf with UNKNOWN, as if the service had a defect, and logs a traceback. Here
they become a :class:`Malformed`, which reaches the servicer in the message's place and through Ray Serve's proxy too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from medreward.contract.v1 import reward_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["RewardService"].full_name
_M = TypeVar("_M", bound=Message)


class Malformed(NamedTuple):
    """Bytes that are no message."""

    reason: str


def add_reward_service(servicer: Any, server: grpc.Server | grpc.aio.Server) -> None:
    """What ``grpc_options.grpc_servicer_functions`` lists: in place of the generated function of the service."""
    handlers = {
        "Score": grpc.unary_unary_rpc_method_handler(
            servicer.Score, _reader(pb.ScoreRequest), pb.ScoreResponse.SerializeToString
        ),
        "ScoreStream": grpc.unary_stream_rpc_method_handler(
            servicer.ScoreStream, _reader(pb.ScoreRequest), pb.ScoreStreamResponse.SerializeToString
        ),
        "Judge": grpc.unary_unary_rpc_method_handler(
            servicer.Judge, _reader(pb.JudgeRequest), pb.JudgeResponse.SerializeToString
        ),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, handlers),))
    server.add_registered_method_handlers(_SERVICE, handlers)  # type: ignore[union-attr]


def _reader(kind: type[_M]) -> Callable[[bytes], Any]:
    def read(data: bytes) -> _M | Malformed:
        try:
            return kind.FromString(data)
        except DecodeError as error:
            return Malformed(str(error)[:200])

    return read
