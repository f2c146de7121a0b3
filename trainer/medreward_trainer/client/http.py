"""One exchange over HTTP: JSON by msgspec, connections by aiohttp."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp
import msgspec

from medreward.contract import Rollout, ScoreResponse
from medreward_trainer.client.errors import Failure
from medreward_trainer.client.refusals import RETRY_MS, answered, retry_after_ms, retry_after_s
from medreward_trainer.client.replies import check, decode, not_a_reply
from medreward_trainer.client.settings import ClientSettings
from medreward_trainer.client.tracing import outgoing
from medreward_trainer.client.types import Ask, ServiceLimits

_encoder = msgspec.json.Encoder()
_KEEP_ALIVE_S = 4.0  # shorter than the usual server's 5 s: a connection that it just closed would cost an attempt


class _Info(msgspec.Struct):
    limits: ServiceLimits


class _Request(msgspec.Struct, omit_defaults=True):
    """A ``ScoreRequest`` whose rollouts are JSON already."""

    rollouts: list[msgspec.Raw]
    deadline_ms: int
    recipe: str = ""
    components: dict[str, float] = {}
    explain: bool = False


class HttpEndpoint:
    """The service at an ``http`` or ``https`` URL. Made within the event loop that uses it."""

    def __init__(self, url: str, settings: ClientSettings) -> None:
        self.url = url
        self._key = settings.key
        self._most = settings.max_reply_bytes
        self._session = aiohttp.ClientSession(
            # the sender bounds the requests in flight; a question for readiness must not wait behind them
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Authorization": f"Bearer {self._key}"} if self._key else None,
            # no limit on the whole: the caller has one
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout_s),
        )

    async def score(
        self, ask: Ask, rollouts: Sequence[Rollout], encoded: Sequence[bytes], deadline_ms: int
    ) -> ScoreResponse:
        """One request. ``encoded`` is the JSON of the rollouts.

        Raises:
            Failure: there is no reply to use.
            Refusal: the service does not take the request.
        """
        request = _Request(
            rollouts=[msgspec.Raw(one) for one in encoded],
            deadline_ms=deadline_ms,
            recipe=ask.recipe,
            components=dict(ask.components),
            explain=ask.explain,
        )
        response = decode(await self._send("POST", "/v1/score", _encoder.encode(request)), self.url)
        check(response, rollouts, self.url)
        return response

    async def ready(self) -> None:
        """Returns when rollouts can be scored. Raises as :meth:`score`."""
        await self._send("GET", "/readyz")

    async def limits(self) -> ServiceLimits | None:
        """What the service takes. Raises as :meth:`score`."""
        content = await self._send("GET", "/v1/info")
        try:
            return msgspec.json.decode(content, type=_Info).limits
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise not_a_reply(self.url, error) from None

    async def close(self) -> None:
        """Ends its connections."""
        await self._session.close()

    async def _send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json", **outgoing()} if body else None
        try:
            async with self._session.request(
                method, self.url + path, data=body, headers=headers, allow_redirects=False
            ) as answer:
                content = await self._content(answer)
        except (aiohttp.ClientError, OSError) as error:
            # TimeoutError, an OSError too, is aiohttp's own here: the caller's limit cancels
            said = f"{type(error).__name__}: {error}".rstrip(": ")
            raise Failure("unavailable", f"{self.url}: {said}", gone=True) from None
        if answer.status != 200:
            waits_s = retry_after_ms(answer.headers.get(RETRY_MS)) or retry_after_s(
                answer.headers.get("Retry-After"), answer.headers.get("Date")
            )
            raise answered(self.url, answer.status, content, self._key, waits_s)
        return content

    async def _content(self, answer: aiohttp.ClientResponse) -> bytes:
        """The body, of which no more than the limit is ever held; the size that is announced may be wrong."""
        chunks, size = [], 0
        async for chunk in answer.content.iter_any():
            size += len(chunk)
            if size > self._most:
                raise Failure("unavailable", f"{self.url}: the reply is larger than max_reply_bytes = {self._most}")
            chunks.append(chunk)
        return b"".join(chunks)
