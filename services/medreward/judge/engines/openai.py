"""Any endpoint that speaks OpenAI's chat completions: an existing vLLM or SGLang, or a gateway."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping

import httpx2
import msgspec
from openai import APIError, APIStatusError, AsyncOpenAI, DefaultAioHttpClient, Omit, RequestOptions

from medreward.judge.engines import chat
from medreward.judge.engines.failures import engine_error, short
from medreward.judge.settings import OpenAI as Settings
from medreward.judge.types import Completion, EngineError, Prompt
from medreward.observability import tracing
from medreward.scoring.deadline import Deadline

_IDLE_S = 2.0
"""seconds that a connection is kept without use: uvicorn, as in vLLM, closes one after 5, and a call that goes out at
that very moment is lost"""
_LOOKUP_S = 5.0
"""seconds that asking for the version or the models may take"""


_SECRET_CHARS = 8
"""characters from which on a key is taken out of replies: a dummy such as ``x`` stands everywhere and hides nothing"""


class _Version(msgspec.Struct):
    version: str


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


class OpenAIEngine:
    """One endpoint, one model. Its connections belong to the event loop that first uses it.

    The client never repeats a call: that is the judge's decision, who knows the deadline. Redirects are not
    followed: a key goes to the configured host or nowhere.
    """

    def __init__(self, settings: Settings, max_connections: int) -> None:
        """Reads the key.

        Args:
            settings: the endpoint and the model.
            max_connections: at least the number of calls at a time, or they queue unseen.

        Raises:
            ValueError: the key's file cannot be read, or the key cannot stand in a header.
        """
        self._settings = settings
        self._key = _read_key(settings)
        self._version = "unknown"
        self._root = settings.base_url.removesuffix("/v1")
        timeout = httpx2.Timeout(None, connect=settings.connect_timeout_s)
        self._options: RequestOptions = {} if self._key else {"headers": {"Authorization": Omit()}}
        self._client = AsyncOpenAI(
            base_url=settings.base_url,
            api_key=self._key or "none",  # the client insists on one
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAioHttpClient(
                timeout=timeout,
                follow_redirects=False,
                limits=httpx2.Limits(
                    max_connections=max_connections,
                    max_keepalive_connections=max_connections,
                    keepalive_expiry=_IDLE_S,
                ),
            ),
        )

    async def start(self) -> None:
        """Asks the endpoint for its version, for ``identity``; to be awaited before the first prompt."""
        await self.refresh()

    async def refresh(self) -> None:
        """Asks again: an endpoint may have been upgraded meanwhile. Left as it was when there is no answer now."""
        self._version = await self._ask_version() or self._version

    def identity(self) -> Mapping[str, str]:
        """Engine, model, revision, version and sampling; of where the endpoint stands a digest.

        Two endpoints may call different weights by the same name, so they share no verdicts.
        """
        return {
            "engine": "openai",
            "endpoint": hashlib.blake2b(self._settings.base_url.encode(), digest_size=4).hexdigest(),
            "model": self._settings.model,
            "revision": self._settings.revision,
            "engine_version": self._version,
            "sampling": chat.sampling(self._settings.structured),
        }

    async def ready(self) -> None:
        """Returns when the endpoint answers and, where it lists its models, serves this one.

        Raises:
            EngineError: why not.
        """
        try:
            listed = await self._get(f"{self._settings.base_url}/models")
        except _Refused as error:
            if error.code in (401, 403):
                raise
            return  # it answers; a gateway need not have that list
        try:
            models = msgspec.json.decode(listed, type=_Models)
        except ValueError:
            return  # nor in this form
        names = [model.id for model in models.data]
        if self._settings.model not in names:
            raise EngineError("unavailable", short(f"the endpoint does not serve this model, but {names}", self._key))

    async def complete(self, prompt: Prompt, deadline: Deadline) -> Completion:
        """The endpoint's answer. A call that is cancelled or late closes its connection, and vLLM aborts the work.

        Raises:
            EngineError: see :mod:`medreward.judge.engines.failures`.
        """
        seconds = deadline.remaining()
        if seconds <= 0:
            raise EngineError("timeout", "no time was left to ask the endpoint")
        request = chat.body(prompt, self._settings.model, self._settings.structured)
        try:
            async with asyncio.timeout(seconds):
                response = await self._client.post(
                    "/chat/completions", body=request, cast_to=httpx2.Response, options=self._traced()
                )
        except TimeoutError:
            raise EngineError("timeout", f"the endpoint did not answer in {seconds:.3g} s") from None
        except APIError as error:
            raise engine_error(error, self._key) from None  # the client's error carries the request, key and all
        said = response.content
        if self._key is not None and len(self._key) >= _SECRET_CHARS:
            # whatever an endpoint writes can be quoted in a detail
            said = said.replace(self._key.encode(), b"***")
        return chat.completion(said, chat.begun(prompt, self._settings.structured))

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    def _traced(self) -> RequestOptions:
        """An endpoint that traces goes on with our trace."""
        if not (trace := tracing.headers()):
            return self._options
        return {**self._options, "headers": {**self._options.get("headers", {}), **trace}}

    async def _ask_version(self) -> str | None:
        # vLLM has the first, SGLang the second; a gateway has neither
        for path in ("/version", "/get_server_info"):
            try:
                answer = await self._get(self._root + path)
                return msgspec.json.decode(answer, type=_Version).version
            except (EngineError, ValueError):
                continue
        return None

    async def _get(self, url: str) -> bytes:
        try:
            async with asyncio.timeout(_LOOKUP_S):
                response = await self._client.get(url, cast_to=httpx2.Response, options=self._options)
        except TimeoutError:
            raise EngineError("timeout", f"the endpoint did not answer in {_LOOKUP_S:.3g} s") from None
        except APIStatusError as error:
            made = engine_error(error, self._key)
            raise made if made.retryable else _Refused(error.status_code, made) from None
        except APIError as error:
            raise engine_error(error, self._key) from None
        return response.content


class _Refused(EngineError):
    """An endpoint that answers, and not what was asked for."""

    def __init__(self, code: int, made: EngineError) -> None:
        super().__init__(made.status, made.detail)
        self.code = code


def _read_key(settings: Settings) -> str | None:
    if settings.api_key_file is not None:
        try:
            key = settings.api_key_file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"openai.api_key_file: {settings.api_key_file} cannot be read as a key") from error
        source = "openai.api_key_file"
    else:
        key = os.environ.get(settings.api_key_env, "").strip()
        source = f"environment variable {settings.api_key_env}"
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(f"{source}: a key has only printable ASCII characters and no blanks")
    return key or None
