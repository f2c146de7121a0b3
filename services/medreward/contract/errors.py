"""What can go wrong with a *request*, who raises it, and what the caller sees.

A request is refused as a whole when its sender may not ask (``unauthorized``), it cannot be understood (``malformed``,
``invalid``, ``not_found``), is beyond a limit (``too_large``), or cannot be served now (``rate_limited``: its client
asks too often; ``overloaded``, ``timeout``, ``unavailable``: whoever asks); ``internal`` is a defect of ours. Whatever
concerns one *rollout* is no error of the request: its components carry a status (see ``types.Status``) and the rest of
the batch is scored. A judge or a scorer that cannot serve raises :class:`ServiceError`; the pipeline turns it into that
status of the components that asked. Only :class:`Overbooked`, which says that waiting would have been in vain, refuses
the request.

Decoding and the limits raise :class:`RequestError`; the two ingresses turn it into their own status by the
one table below. The table is total: a test fails when a code is missing from it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from medreward.contract.types import Status


class ErrorCode(StrEnum):
    """Why a request was refused; the string is the ``code`` on the wire."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class WireStatus(NamedTuple):
    """One refusal in both protocols."""

    http: int
    grpc: str
    """name of a ``grpc.StatusCode``; a name, so that the contract needs no grpc at import"""


WIRE_STATUS: dict[ErrorCode, WireStatus] = {
    ErrorCode.MALFORMED: WireStatus(400, "INVALID_ARGUMENT"),
    ErrorCode.INVALID: WireStatus(422, "INVALID_ARGUMENT"),
    ErrorCode.UNAUTHORIZED: WireStatus(401, "UNAUTHENTICATED"),
    ErrorCode.NOT_FOUND: WireStatus(404, "NOT_FOUND"),
    ErrorCode.METHOD_NOT_ALLOWED: WireStatus(405, "UNIMPLEMENTED"),
    # not RESOURCE_EXHAUSTED: that invites a retry, and the same request will never fit
    ErrorCode.TOO_LARGE: WireStatus(413, "INVALID_ARGUMENT"),
    ErrorCode.RATE_LIMITED: WireStatus(429, "RESOURCE_EXHAUSTED"),
    ErrorCode.OVERLOADED: WireStatus(429, "RESOURCE_EXHAUSTED"),
    ErrorCode.TIMEOUT: WireStatus(504, "DEADLINE_EXCEEDED"),
    ErrorCode.UNAVAILABLE: WireStatus(503, "UNAVAILABLE"),
    ErrorCode.INTERNAL: WireStatus(500, "INTERNAL"),
}


class FieldError(NamedTuple):
    """One field that is wrong."""

    path: str
    """e.g. ``rollouts[0].image.width``; empty for the body as a whole"""
    message: str


class RequestError(Exception):
    """The request is refused; nothing of it was scored."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        fields: tuple[FieldError, ...] = (),
        *,
        retry_after_s: float | None = None,
        busy: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields
        self.retry_after_s = retry_after_s
        """seconds after which the same request may be taken; None when that is not known"""
        self.busy = busy
        """service that has too much before it, of one that is ``overloaded``; empty: none was asked"""

    def __reduce__(self) -> tuple[Any, ...]:
        return _request_error, (self.code, self.message, self.fields, self.retry_after_s, self.busy)

    @classmethod
    def at(cls, code: ErrorCode, path: str, message: str) -> RequestError:
        """A refusal because of the one field at ``path``."""
        return cls(code, f"{path}: {message}" if path else message, (FieldError(path, message),))

    def body(self) -> dict[str, object]:
        """The JSON mapping of the ``ErrorReply`` message."""
        error: dict[str, object] = {"code": self.code.value, "message": self.message}
        if self.fields:
            error["fields"] = [{"path": f.path, "message": f.message} for f in self.fields]
        return {"error": error}


def _request_error(
    code: ErrorCode, message: str, fields: tuple[FieldError, ...], retry_after_s: float | None, busy: str
) -> RequestError:
    return RequestError(code, message, fields, retry_after_s=retry_after_s, busy=busy)


class ServiceError(Exception):
    """The judge or the scorer could not serve what it was asked."""

    def __init__(self, status: Status, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def __reduce__(self) -> tuple[Any, ...]:
        # on the way between processes; a kind of it that has more to say has its own
        return ServiceError, (self.status, self.detail)


class Overbooked(ServiceError):
    """What was asked could not be done by its deadline, so it was not begun."""

    def __init__(self, service: str, detail: str, retry_after_s: float) -> None:
        super().__init__("overloaded", detail)
        self.service = service
        """``judge``, ``scorer``, or ``ingress``: whose work it would have been"""
        self.retry_after_s = retry_after_s
        """seconds until it would fit"""

    def __reduce__(self) -> tuple[Any, ...]:
        return Overbooked, (self.service, self.detail, self.retry_after_s)
