"""A reward server over HTTP: what is worth a second try gets one, and nothing waits without end.

Retried are lost connections, answers that do not come, 429 and 500, 502, 503, 504, and what a proxy says in place of
the service (``answers``), with exponential and jittered waits; where the server says ``Retry-After``, at least that
long. No other 4xx is: the same request will never fit.

A server that asks for an API key gets the one in the environment's ``MEDREWARD_API_KEY``.
"""

from __future__ import annotations

import asyncio
import os
import re
from http import HTTPStatus
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx
import msgspec
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from medreward.cli.answers import failure
from medreward.cli.errors import CliError, Unusable
from medreward.cli.types import NO_LIMIT, Fingerprint, RecipeInfo, Reply, Scored, SeenResult, Service
from medreward.contract import codec
from medreward.contract.types import ScoreRequest

API_KEY_ENV = "MEDREWARD_API_KEY"

_MARGIN_S = 5.0  # for the way there and back, beyond the deadline that the server keeps
_NO_JUDGE = {"status": "unavailable"}
_INDEX = re.compile(r"rollouts\[([0-9]+)\]")


class Retries(NamedTuple):
    """How often, and how long between."""

    attempts: int
    first_wait_s: float = 0.25
    """doubled at each attempt"""
    longest_wait_s: float = 8.0
    jitter_s: float = 0.5
    """up to this is added, so that clients that failed together do not come back together"""
    longest_retry_after_s: float = 60.0
    """a server may ask for longer, but does not get it"""


BATCH = Retries(attempts=6)
FIRST_CONTACT = Retries(attempts=3)
"""a wrong URL should not take long to tell"""


class ServerLost(CliError):
    """The server did not answer, or not as it should, however often it was asked."""


class _Transient(Exception):
    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class _Made(msgspec.Struct):
    version: str
    recipe_hash: str
    judge: Fingerprint = {}
    scorer: Fingerprint = {}


class _Timing(msgspec.Struct):
    scorer: float | None = None
    judge_counts: dict[str, int] | None = None


class _Reply(msgspec.Struct):
    results: list[msgspec.Raw]
    fingerprint: _Made
    timing_ms: _Timing = msgspec.field(default_factory=_Timing)


class _Limits(msgspec.Struct):
    text_chars: int = NO_LIMIT
    regions: int = NO_LIMIT
    choices: int = NO_LIMIT
    max_deadline_ms: int = NO_LIMIT


class _Info(msgspec.Struct):
    version: str
    limits: _Limits
    services: dict[str, dict[str, str]] = {}


class _Recipes(msgspec.Struct):
    recipes: list[RecipeInfo]


class Client:
    """A server at ``url``. Use it as an async context manager."""

    def __init__(self, url: str, *, connections: int = 1) -> None:
        """Connects to nothing yet.

        Raises:
            Unusable: the URL is none of http or https, or the key in the environment cannot be one.
        """
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise Unusable(f"--url: {url!r} is no URL: {error}") from None
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise Unusable(f"--url: {url!r} must be like http://host:8000")
        self.url = url.rstrip("/")
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._key = _key()
        headers = {"authorization": f"Bearer {self._key}"} if self._key else None
        # no timeouts of httpx: each of them covers a part of a request; asyncio.timeout covers the whole
        self._http = httpx.AsyncClient(limits=limits, timeout=None, headers=headers)

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def service(self) -> Service:
        """Its version, limits and judge. Raises as :meth:`score`."""
        info = self._decode(await self._send("GET", "/v1/info", b"", 10.0, FIRST_CONTACT), _Info)
        most = info.limits
        # how many rollouts a request holds is no matter of any one of them
        limits = codec.Limits(NO_LIMIT, most.text_chars, most.regions, most.choices, most.max_deadline_ms)
        return Service(info.version, limits, judge_of(info.services.get("judge", _NO_JUDGE)))

    async def recipes(self) -> dict[str, RecipeInfo]:
        """By name. Raises as :meth:`score`."""
        body = await self._send("GET", "/v1/recipes", b"", 10.0, FIRST_CONTACT)
        return {recipe.name: recipe for recipe in self._decode(body, _Recipes).recipes}

    async def score(self, request: ScoreRequest) -> Reply:
        """The results as the server sent them, in the order of the rollouts.

        Raises:
            ServerLost: it did not answer, or not to what was asked.
            Unusable: it refuses the request; the message has the path of the field.
        """
        deadline_s = (request.deadline_ms or 10_000) / 1000
        try:
            body = await self._send("POST", "/v1/score", codec.encode(request), deadline_s + _MARGIN_S, BATCH)
        except Unusable as error:
            named = _INDEX.search(str(error))
            if named is None or int(named[1]) >= len(request.rollouts):
                raise
            raise Unusable(f"{error} (rollout {request.rollouts[int(named[1])].id!r})") from None
        reply = self._decode(body, _Reply)
        results = [bytes(result) for result in reply.results]
        scored = [Scored(result, self._decode(result, SeenResult)) for result in results]
        if [result.seen.id for result in scored] != [rollout.id for rollout in request.rollouts]:
            raise ServerLost(f"{self.url} did not send the results of the rollouts that it was sent")
        made, timing = reply.fingerprint, reply.timing_ms
        scorer = made.scorer or None if timing.scorer is not None else None
        return Reply(scored, made.version, made.recipe_hash, made.judge or None, timing.judge_counts, scorer)

    async def _send(self, method: str, path: str, body: bytes, within_s: float, retries: Retries) -> bytes:
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(_Transient),
            stop=stop_after_attempt(retries.attempts),
            wait=_Wait(retries),
            reraise=True,
        )
        try:
            sent: bytes = await attempts(self._once, method, path, body, within_s)
        except _Transient as error:
            raise ServerLost(f"{self.url} is lost: {error} ({retries.attempts} attempts)") from None
        return sent

    async def _once(self, method: str, path: str, body: bytes, within_s: float) -> bytes:
        headers = {"content-type": "application/json"} if body else {}
        try:
            async with asyncio.timeout(within_s):
                response = await self._http.request(method, self.url + path, content=body or None, headers=headers)
        except TimeoutError:
            raise _Transient(f"no answer within {within_s:g} s") from None
        except httpx.RequestError as error:
            raise _Transient(f"{type(error).__name__}: {error}") from None
        if response.status_code == HTTPStatus.OK:
            return response.content
        failed = failure(response)
        # some proxies echo the headers that they refuse
        said = failed.said.replace(self._key, "[key]") if self._key else failed.said
        if failed.transient:
            raise _Transient(said, failed.retry_after_s)
        hint = f"; the key is taken from {API_KEY_ENV}" if response.status_code == HTTPStatus.UNAUTHORIZED else ""
        raise Unusable(f"{self.url}{path} answered {said}{hint}")

    def _decode(self, body: bytes, kind: type[Any]) -> Any:
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError as error:
            raise ServerLost(f"{self.url} does not answer as a reward server does: {error}") from None


def _key() -> str:
    """The key to send; empty when there is none."""
    key = os.environ.get(API_KEY_ENV, "")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise Unusable(f"{API_KEY_ENV}: must be visible ASCII characters without a blank")
    return key


def judge_of(said: dict[str, str]) -> Fingerprint | None:
    """What ``GET /v1/info`` says of the judge, without its status; None: there is one that has not said what it is."""
    if said == _NO_JUDGE:
        return {}
    return {name: value for name, value in said.items() if name != "status"} or None


class _Wait:
    def __init__(self, retries: Retries) -> None:
        self._backoff = wait_exponential_jitter(
            multiplier=retries.first_wait_s, max=retries.longest_wait_s, jitter=retries.jitter_s
        )
        self._longest = retries.longest_retry_after_s

    def __call__(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, _Transient) else 0.0
        return max(self._backoff(state), min(asked, self._longest))
