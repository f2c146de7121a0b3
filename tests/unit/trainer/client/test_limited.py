"""A client that asks too often comes back when it is told to, over both protocols."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from medreward.config import RequestLimits
from medreward.contract.errors import ErrorCode, RequestError
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.ingress.grpc import RewardServicer
from medreward_trainer.client import RewardClient
from medreward_trainer.client.errors import Failure
from medreward_trainer.client.refusals import Told, retry_after_ms, told

from .service import rollout, run, settings


def test_a_rate_limit_is_no_fault_of_the_request_and_says_how_long_to_wait() -> None:
    meant = told("http://x", Told("rate_limited", "often"), None, 1.5)
    assert isinstance(meant, Failure)
    assert (meant.status, meant.retry_after_s, meant.gone, meant.elsewhere) == ("overloaded", 1.5, False, False)


@pytest.mark.parametrize(("sent", "seconds"), [("1500", 1.5), ("-1", 0.0), ("soon", 0.0), ("inf", 0.0), (None, 0.0)])
def test_what_a_refusal_asks_for_is_read_in_milliseconds(sent: str | None, seconds: float) -> None:
    assert retry_after_ms(sent) == seconds


class Limited(RewardServicer):
    """Refuses twice, then replies."""

    def __init__(self, observer: Any) -> None:
        self.asked = 0
        super().__init__(None, None, RequestLimits(), observer)  # type: ignore[arg-type]

    async def Score(self, request: pb.ScoreRequest, context: Any) -> pb.ScoreResponse:
        self.asked += 1
        if self.asked <= 2:
            self._refuse(RequestError(ErrorCode.RATE_LIMITED, "often", retry_after_s=0.05), context)
            return pb.ScoreResponse()
        component = pb.Component(status="ok", value=1.0, weight=1.0)
        results = [pb.Result(id=one.id, reward=1.0, components={"answer": component}) for one in request.rollouts]
        return pb.ScoreResponse(results=results, fingerprint=pb.Fingerprint(recipe="gemex", recipe_hash="abc"))


@asynccontextmanager
async def limited() -> AsyncIterator[tuple[str, Limited]]:
    from medreward.observability.observer import Observer

    server = grpc.aio.server()
    servicer = Limited(Observer())
    pb_grpc.add_RewardServiceServicer_to_server(servicer, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"grpc://127.0.0.1:{port}", servicer
    finally:
        await server.stop(None)


def test_over_grpc_too_it_comes_back_and_loses_nothing() -> None:
    async def test() -> None:
        async with limited() as (url, servicer), RewardClient(settings(url)) as client:
            scored = await client.score(rollout(1))
            assert (scored.status, scored.result.reward) == ("ok", 1.0)
            assert servicer.asked == 3

    run(test())
