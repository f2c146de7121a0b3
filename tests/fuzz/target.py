"""The server under test, and the question whether it still answers as it should."""

from __future__ import annotations

from typing import Final

import grpc
import httpx

from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as stubs

RIGHT: Final = codec.encode(
    t.ScoreRequest(
        components={"answer": 1.0},
        rollouts=[
            t.Rollout(id="r", question="q", question_type="closed_ended", response=said, reference=t.Reference("yes"))
            for said in ("yes", "no")
        ],
    )
)
"""a request whose rewards are known"""
REWARDS: Final = [1.0, 0.0]
_TIMEOUT_S: Final = 60.0


def http_is_right(url: str) -> bool:
    """Whether the server scores over HTTP, and right."""
    try:
        reply = httpx.post(f"{url}/v1/score", content=RIGHT, timeout=_TIMEOUT_S)
        return [result["reward"] for result in reply.json()["results"]] == REWARDS
    except (httpx.HTTPError, ValueError, KeyError):
        return False


def grpc_is_right(address: str) -> bool:
    """The same over gRPC."""
    message = codec.request_to_proto(codec.decode_request(RIGHT, codec.Limits()))
    try:
        with grpc.insecure_channel(address) as channel:
            reply: pb.ScoreResponse = stubs.RewardServiceStub(channel).Score(message, timeout=_TIMEOUT_S)  # type: ignore[no-untyped-call]
    except grpc.RpcError:
        return False
    return [result.reward for result in reply.results] == REWARDS
