"""``medreward.v1.RewardService`` over gRPC.

The servicer's methods fit both ``grpc.aio`` and Ray Serve, which calls them with a context of its own. A refusal sets
the status code of the one error table on that context, and the whole ``ErrorReply`` as trailing metadata
``medreward-error-bin``; it is not raised, since Ray Serve drops the metadata of a call that raises.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc

from medreward.config import RequestLimits
from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.errors import WIRE_STATUS, ErrorCode, RequestError
from medreward.contract.v1 import reward_pb2 as pb
from medreward.ingress.auth import Doorkeeper, asking
from medreward.ingress.grpc_wire import Malformed
from medreward.ingress.rates import Rates
from medreward.judge.desk import Desk
from medreward.observability.observer import Observer
from medreward.observability.request_id import HEADER as REQUEST_ID
from medreward.observability.request_id import current
from medreward.scoring.pipeline import Pipeline, Summary

log = logging.getLogger(__name__)

ERROR_METADATA = "medreward-error-bin"
RETRY_METADATA = "retry-after-ms"
"""milliseconds after which the same request may be taken, where that is known"""


class RewardServicer:
    """The service over a pipeline and the judge's desk."""

    def __init__(
        self,
        pipeline: Pipeline,
        desk: Desk,
        limits: RequestLimits,
        observer: Observer,
        doorkeeper: Doorkeeper | None = None,
        rates: Rates | None = None,
    ) -> None:
        """Without a ``doorkeeper`` anyone may ask."""
        self._doorkeeper = doorkeeper or Doorkeeper()
        self._rates = rates or Rates()
        self._pipeline = pipeline
        self._desk = desk
        self._limits = limits.for_codec()
        self._body_bytes = limits.body_bytes
        self._observer = observer

    async def Score(self, request: pb.ScoreRequest, context: Any) -> pb.ScoreResponse:
        """Scores a batch; a refusal is told by the status of ``context``."""
        arrived = time.monotonic()
        try:
            with self._observer.call("grpc", "score", _carrier(context)) as call:
                context.set_trailing_metadata(_named())
                decoded = await self._taken(request, context)
                response = await self._pipeline.score(
                    decoded,
                    arrived=arrived,
                    within_ms=_left_ms(context),
                    in_place=call.in_place,
                    trail=call.trail,
                )
                call.scored(decoded, response)
                return codec.response_to_proto(response)
        except RequestError as error:
            self._refuse(error, context)
        except Exception:
            log.exception("defect while serving Score")
            self._refuse(_DEFECT, context)
        return pb.ScoreResponse()

    async def ScoreStream(self, request: pb.ScoreRequest, context: Any) -> AsyncIterator[pb.ScoreStreamResponse]:
        """Scores a batch, each result as soon as it is ready; refuses as :meth:`Score`."""
        arrived = time.monotonic()
        results: dict[int, t.Result] = {}
        try:
            with self._observer.call("grpc", "score_stream", _carrier(context)) as call:
                context.set_trailing_metadata(_named())
                decoded = await self._taken(request, context)
                stream = self._pipeline.stream(
                    decoded,
                    arrived=arrived,
                    within_ms=_left_ms(context),
                    in_place=call.in_place,
                    trail=call.trail,
                )
                async for index, item in stream:
                    if isinstance(item, Summary):
                        # they come as they are ready, and are told in the order of the request
                        ordered = [result for _, result in sorted(results.items())]
                        call.scored(decoded, t.ScoreResponse(ordered, item.fingerprint, item.timing_ms))
                        yield pb.ScoreStreamResponse(
                            index=index,
                            fingerprint=codec.fingerprint_to_proto(item.fingerprint),
                            timing_ms=codec.timing_to_proto(item.timing_ms),
                        )
                    else:
                        results[index] = item
                        yield pb.ScoreStreamResponse(index=index, result=codec.result_to_proto(item))
        except RequestError as error:
            self._refuse(error, context)
        except Exception:
            log.exception("defect while serving ScoreStream")
            self._refuse(_DEFECT, context)

    async def Judge(self, request: pb.JudgeRequest, context: Any) -> pb.JudgeResponse:
        """Puts texts to the judge under one rubric; refuses as :meth:`Score`."""
        arrived = time.monotonic()
        try:
            with self._observer.call("grpc", "judge", _carrier(context)) as call:
                context.set_trailing_metadata(_named())
                self._doorkeeper.admit_call(context)
                await self._rates.request(asking())
                self._check_size(request)
                decoded = codec.judge_request_from_proto(request, self._limits)
                await self._rates.rollouts(asking(), len(decoded.items))
                response = await self._desk.rule(
                    decoded, arrived=arrived, within_ms=_left_ms(context), trail=call.trail
                )
                call.ruled(decoded, response)
                return codec.judge_response_to_proto(response)
        except RequestError as error:
            self._refuse(error, context)
        except Exception:
            log.exception("defect while serving Judge")
            self._refuse(_DEFECT, context)
        return pb.JudgeResponse()

    async def _taken(self, request: pb.ScoreRequest, context: Any) -> t.ScoreRequest:
        """The request, decoded, of one who may ask and does not ask too often."""
        self._doorkeeper.admit_call(context)
        await self._rates.request(asking())
        self._check_size(request)
        decoded = codec.request_from_proto(request, self._limits)
        await self._rates.rollouts(asking(), len(decoded.rollouts))
        return decoded

    def _check_size(self, request: pb.ScoreRequest | pb.JudgeRequest | Malformed) -> None:
        if isinstance(request, Malformed):
            raise RequestError(ErrorCode.MALFORMED, f"the message is no protobuf: {request.reason}")
        if request.ByteSize() > self._body_bytes:
            raise RequestError(ErrorCode.TOO_LARGE, f"the message is over {self._body_bytes / 2**20:g} MiB")

    def _refuse(self, error: RequestError, context: Any) -> None:
        self._observer.refused("grpc", error.code, error.busy)
        # a list, since Ray Serve adds its own to it
        context.set_trailing_metadata(
            [*_named(), *waiting(error), (ERROR_METADATA, codec.error_to_proto(error).SerializeToString())]
        )
        context.set_code(grpc.StatusCode[WIRE_STATUS[error.code].grpc])
        context.set_details(error.message)


def waiting(error: RequestError) -> list[tuple[str, str]]:
    """The metadata that says how long to wait; none where that is not known."""
    return [] if error.retry_after_s is None else [(RETRY_METADATA, str(math.ceil(error.retry_after_s * 1000)))]


_DEFECT = RequestError(ErrorCode.INTERNAL, "a defect of the service; its log has more")


def _named() -> list[tuple[str, str | bytes]]:
    """The id of the request, as trailing metadata."""
    request = current()
    return [] if request is None else [(REQUEST_ID, request.request_id)]


def _left_ms(context: Any) -> float | None:
    """Milliseconds until the call's own deadline, where the context knows one (Ray Serve's does not)."""
    remaining = context.time_remaining() if hasattr(context, "time_remaining") else None
    return None if remaining is None else remaining * 1000


def _carrier(context: Any) -> dict[str, str]:
    """The call's metadata that is text."""
    return {name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)}
