"""One exchange over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import cast
from urllib.parse import urlsplit

import grpc
from google.protobuf.message import DecodeError

from medreward.contract import FieldError, Rollout, ScoreResponse
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward_trainer.client.errors import Failure, Refusal
from medreward_trainer.client.proto import response_from_proto, rollout_to_proto
from medreward_trainer.client.refusals import RETRY_MS, Told, ToldField, hidden, retry_after_ms, told
from medreward_trainer.client.replies import check
from medreward_trainer.client.settings import ClientSettings
from medreward_trainer.client.tracing import outgoing
from medreward_trainer.client.types import Ask, ServiceLimits

ERROR_METADATA = "medreward-error-bin"
"""trailing metadata with the contract's ``ErrorReply``"""

_Code = grpc.StatusCode
_REFUSED = frozenset(
    {
        _Code.INVALID_ARGUMENT,
        _Code.OUT_OF_RANGE,
        _Code.FAILED_PRECONDITION,
        _Code.ALREADY_EXISTS,
        _Code.PERMISSION_DENIED,
        _Code.UNAUTHENTICATED,
        _Code.UNIMPLEMENTED,
    }
)


class GrpcEndpoint:
    """The service at a ``grpc`` or ``grpcs`` URL: one connection, all requests over it."""

    def __init__(self, url: str, settings: ClientSettings) -> None:
        self.url = url
        self._key = settings.key
        parts = urlsplit(url)
        options = [
            ("grpc.max_send_message_length", -1),
            ("grpc.max_receive_message_length", settings.max_reply_bytes),
            # which is, by another name, the limit on connecting
            ("grpc.min_reconnect_backoff_ms", int(settings.connect_timeout_s * 1000)),
            # the client has waits of its own; the channel's would grow to two minutes
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
            # else channels of one address share their connection, and its back-off, over event loops
            ("grpc.use_local_subchannel_pool", 1),
        ]
        self._channel = (
            grpc.aio.secure_channel(parts.netloc, grpc.ssl_channel_credentials(), options=options)
            if parts.scheme == "grpcs"
            else grpc.aio.insecure_channel(parts.netloc, options=options)
        )
        self._stub = pb_grpc.RewardServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._metadata = (("authorization", f"Bearer {self._key}"),) if self._key else ()

    async def score(
        self, ask: Ask, rollouts: Sequence[Rollout], encoded: Sequence[bytes], deadline_ms: int
    ) -> ScoreResponse:
        """One request; ``encoded`` is not used. Raises as :meth:`HttpEndpoint.score`."""
        message = pb.ScoreRequest(
            recipe=ask.recipe,
            components=dict(ask.components),
            explain=ask.explain,
            deadline_ms=deadline_ms,
            rollouts=[_message(index, rollout) for index, rollout in enumerate(rollouts)],
        )
        reply = await self._call(message)
        response = response_from_proto(reply)
        check(response, rollouts, self.url)
        return response

    async def ready(self) -> None:
        """Returns when the service answers. Raises as :meth:`score`.

        An empty request is refused by the service itself, and by nothing that stands before it.
        """
        try:
            await self._call(pb.ScoreRequest())
        except Refusal as refusal:
            if not refusal.fields:
                raise

    async def limits(self) -> ServiceLimits | None:
        """None: there is no such call over gRPC."""
        return None

    async def close(self) -> None:
        """Ends its connection."""
        await self._channel.close(None)

    async def _call(self, message: pb.ScoreRequest) -> pb.ScoreResponse:
        try:
            reply: pb.ScoreResponse = await self._stub.Score(message, metadata=(*self._metadata, *outgoing().items()))
        except grpc.aio.AioRpcError as error:
            raise _meaning(self.url, error, self._key) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # nobody cancelled us: a channel that is closed ends its calls in this way
            raise Failure("unavailable", f"{self.url}: the connection was closed") from None
        return reply


def _message(index: int, rollout: Rollout) -> pb.Rollout:
    try:
        return rollout_to_proto(rollout)
    except (TypeError, ValueError) as error:
        path = f"rollouts[{index}]"
        raise Refusal("invalid", f"{path}: {error}", (FieldError(path, str(error)),)) from None


def _meaning(url: str, error: grpc.aio.AioRpcError, key: str | None) -> Failure | Refusal:
    # grpc's stubs do not know that its metadata iterates over pairs
    trailing = dict(cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ()))
    if isinstance(packed := trailing.get(ERROR_METADATA), bytes):
        try:
            return told(url, _told(pb.ErrorReply.FromString(packed)), key, retry_after_ms(trailing.get(RETRY_MS)))
        except DecodeError:
            return Failure("unavailable", f"{url}: a refusal that cannot be read", gone=True)
    code, details = error.code(), hidden(error.details() or "", key)
    said = f"{url}: gRPC {code.name}: {details}"
    if code is _Code.RESOURCE_EXHAUSTED:
        # one code for three: a full service and, by gRPC itself, a reply or a request that is larger than a limit
        if "larger than max" not in details:
            return Failure("overloaded", said)
        ours = "CLIENT: Received" in details
        return Failure("unavailable", f"{said}: max_reply_bytes") if ours else Refusal("too_large", said)
    if code in _REFUSED:
        return Refusal(f"grpc_{code.name.lower()}", said)
    if code is _Code.DEADLINE_EXCEEDED:
        return Failure("timeout", said)
    return Failure("unavailable", said, gone=True)


def _told(reply: pb.ErrorReply) -> Told:
    error = reply.error
    return Told(error.code, error.message, [ToldField(field.path, field.message) for field in error.fields])
