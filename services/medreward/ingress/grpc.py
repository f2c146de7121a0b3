"""``medreward.v1.RewardService`` over gRPC.

The servicer's methods fit both ``grpc.aio`` and Ray Serve, which calls them with a context of its own. A refusal sets
the status code of the one error table on that context, and the whole ``ErrorReply`` as trailing metadata
``medreward-error-bin``; it is not raised, since Ray Serve drops the metadata of a call that raises.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc

from medreward.config import RequestLimits
from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.errors import WIRE_STATUS, ErrorCode, RequestError
from medreward.contract.v1 import reward_pb2 as pb
from medreward.ingress.auth import Doorkeeper
from medreward.judge.desk import Desk
from medreward.observability.observer import Observer
from medreward.scoring.pipeline import Pipeline, Summary

log = logging.getLogger(__name__)

ERROR_METADATA = "medreward-error-bin"


class RewardServicer:
    """The service over a pipeline and the judge's desk."""

    def __init__(
        self,
        pipeline: Pipeline,
        desk: Desk,
        limits: RequestLimits,
        observer: Observer,
        doorkeeper: Doorkeeper | None = None,
    ) -> None:
        """Without a ``doorkeeper`` anyone may ask."""
        self._doorkeeper = doorkeeper or Doorkeeper()
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
                self._doorkeeper.admit_call(context)
                decoded = self._decoded(request)
                response = await self._pipeline.score(decoded, arrived=arrived, within_ms=_left_ms(context))
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
        results: list[t.Result] = []
        try:
            with self._observer.call("grpc", "score_stream", _carrier(context)) as call:
                self._doorkeeper.admit_call(context)
                decoded = self._decoded(request)
                stream = self._pipeline.stream(decoded, arrived=arrived, within_ms=_left_ms(context))
                async for index, item in stream:
                    if isinstance(item, Summary):
                        call.scored(decoded, t.ScoreResponse(results, item.fingerprint, item.timing_ms))
                        yield pb.ScoreStreamResponse(
                            index=index,
                            fingerprint=codec.fingerprint_to_proto(item.fingerprint),
                            timing_ms=codec.timing_to_proto(item.timing_ms),
                        )
                    else:
                        results.append(item)
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
                self._doorkeeper.admit_call(context)
                self._check_size(request)
                decoded = codec.judge_request_from_proto(request, self._limits)
                response = await self._desk.rule(decoded, arrived=arrived, within_ms=_left_ms(context))
                call.ruled(decoded, response)
                return codec.judge_response_to_proto(response)
        except RequestError as error:
            self._refuse(error, context)
        except Exception:
            log.exception("defect while serving Judge")
            self._refuse(_DEFECT, context)
        return pb.JudgeResponse()

    def _decoded(self, request: pb.ScoreRequest) -> t.ScoreRequest:
        self._check_size(request)
        return codec.request_from_proto(request, self._limits)

    def _check_size(self, request: pb.ScoreRequest | pb.JudgeRequest) -> None:
        if request.ByteSize() > self._body_bytes:
            raise RequestError(ErrorCode.TOO_LARGE, f"the message is over {self._body_bytes / 2**20:g} MiB")

    def _refuse(self, error: RequestError, context: Any) -> None:
        self._observer.refused("grpc", error.code)
        # a list, since Ray Serve adds its own to it
        context.set_trailing_metadata([(ERROR_METADATA, codec.error_to_proto(error).SerializeToString())])
        context.set_code(grpc.StatusCode[WIRE_STATUS[error.code].grpc])
        context.set_details(error.message)


_DEFECT = RequestError(ErrorCode.INTERNAL, "a defect of the service; its log has more")


def _left_ms(context: Any) -> float | None:
    """Milliseconds until the call's own deadline, where the context knows one (Ray Serve's does not)."""
    remaining = context.time_remaining() if hasattr(context, "time_remaining") else None
    return None if remaining is None else remaining * 1000


def _carrier(context: Any) -> dict[str, str]:
    """The call's metadata that is text."""
    return {name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)}
