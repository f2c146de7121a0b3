"""What the log and the traces tell of a request: one line each, and one more where rewards are absent by our fault."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from medreward.contract import types as t
from medreward.contract.errors import ErrorCode, RequestError
from medreward.observability import tracing
from medreward.observability.request_id import HEADER, Request, current, request_id_of, work_for

log = logging.getLogger("medreward.access")

OUR_FAULT = frozenset({"unparseable_verdict", "timeout", "overloaded", "unavailable"})
"""statuses of a component that say nothing about the rollout"""

_NAMED = 5  # rollouts that a line names
_ID_CHARS = 80


class Watched:
    """One request, as the log and the traces tell of it."""

    def __init__(self, span: tracing.Span, texts: bool) -> None:
        self._span = span
        self._texts = texts
        self.fields: dict[str, str | int] = {}

    def scored(self, request: t.ScoreRequest, response: t.ScoreResponse) -> None:
        """A batch is answered."""
        scored = sum(result.reward is not None for result in response.results)
        self.fields |= {
            "recipe": response.fingerprint.recipe[:_ID_CHARS],
            "rollouts": len(response.results),
            "scored": scored,
            "absent": len(response.results) - scored,
        }
        self._span.set(**self.fields)
        if log.isEnabledFor(logging.WARNING):
            self._absent(request, response)

    def ruled(self, request: t.JudgeRequest, response: t.JudgeResponse) -> None:
        """A request for the judge is answered."""
        scored = sum(verdict.status == "ok" for verdict in response.verdicts)
        self.fields |= {
            "rubric": request.rubric[:_ID_CHARS],
            "items": len(response.verdicts),
            "scored": scored,
            "absent": len(response.verdicts) - scored,
        }
        self._span.set(**self.fields)

    def _absent(self, request: t.ScoreRequest, response: t.ScoreResponse) -> None:
        counts: Counter[str] = Counter()
        of: list[str] = []
        for result in response.results:
            missing = [f"{n}:{c.status}" for n, c in result.components.items() if c.status in OUR_FAULT]
            if missing:
                counts.update(missing)
                of.append(result.id)
        if not of:
            return
        # results of a stream come as they are ready
        known = {rollout.id: rollout for rollout in request.rollouts}
        named = [known[one] for one in of[:_NAMED]]
        extra: dict[str, object] = {
            "recipe": response.fingerprint.recipe[:_ID_CHARS],
            "components": dict(counts),
            "rollout": [rollout.id[:_ID_CHARS] for rollout in named],
            "group": [rollout.group_id[:_ID_CHARS] for rollout in named],
        }
        if self._texts:
            extra["texts"] = [_texts(rollout) for rollout in named]
        log.warning("components of %d rollouts are absent by the service's fault", len(of), extra=extra)


class Watcher:
    """Opens a :class:`Watched` around each request, and writes its line."""

    def __init__(self, texts: bool = False) -> None:
        """``texts``: as ``logs.texts``."""
        self._texts = texts

    @contextmanager
    def watch(self, protocol: str, method: str, carrier: Mapping[str, str]) -> Iterator[Watched]:
        """Around a request that may be answered; what it raises goes through, and is told by :meth:`refused`."""
        request = current()
        if request is None or request.begun is not None:
            # HTTP's has its id already
            request = Request(request_id_of(carrier.get(HEADER)))
            work_for(request)
        request.protocol, request.method, request.begun = protocol, method, time.monotonic()
        about = {"protocol": protocol, "method": method, "request_id": request.request_id}
        with tracing.span(f"medreward.{method}", "server", carrier, **about) as span:
            watched = Watched(span, self._texts)
            try:
                yield watched
            except RequestError as error:
                span.set(code=error.code.value)
                raise
            except (asyncio.CancelledError, GeneratorExit):
                span.set(code="cancelled")
                _line(request, "cancelled", watched.fields)
                raise
            finally:
                if request.client:
                    span.set(client=request.client)
            _line(request, "ok", watched.fields)

    def refused(self, protocol: str, code: ErrorCode) -> None:
        """A request was refused, before its work began or after."""
        request = current()
        if request is None or request.told:
            request = Request(request_id_of(None))
            work_for(request)
        request.protocol = protocol
        _line(request, code.value, {})


def _line(request: Request, code: str, fields: Mapping[str, str | int]) -> None:
    request.told = True
    if not log.isEnabledFor(logging.INFO):
        return
    took_ms = None if request.begun is None else round((time.monotonic() - request.begun) * 1000, 3)
    about = {"protocol": request.protocol, "method": request.method, **fields, "code": code, "ms": took_ms}
    log.info("request", extra={name: value for name, value in about.items() if value not in (None, "")})


def _texts(rollout: t.Rollout) -> dict[str, str]:
    reference = rollout.reference.answer if rollout.reference else ""
    return {
        "question": rollout.question,
        "context": rollout.context or "",
        "response": rollout.response or "",
        "reference": reference,
    }
