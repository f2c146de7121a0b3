"""``python -m tests.faults.endpoint PORT``: an OpenAI-compatible judge that can be broken, in a process of its own.

It is no model: the scores are a checksum of the prompt, so that the same prompt has the same verdict in every process
and after every restart, and no other can be taken for it. ``POST /mode/NAME`` changes how it answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from medreward.serve.environment import free_port

MODEL = "checksum"
_START_S, _STOP_S = 60.0, 10.0
_WORK_S, _SLOW_WORK_S = 0.01, 0.1  # of a judgement

_GARBAGE: tuple[str, ...] = (
    '11,"assistant2":4,',  # off the menu
    '-3,"assistant2":9,',
    '9.5,"assistant2":9,',
    '9,"assistant2":',  # half
    '9,"assist',
    'NaN,"assistant2":NaN,',
    'Infinity,"assistant2":9,',
    '1e308,"assistant2":9,',
    "9" * 100_000 + ',"assistant2":9,',  # huge
    '9,"assistant2":9' + "0" * 100_000 + ",",
    'null,"assistant2":null,',
    '"9","assistant2":"9",',
    "Both assistants deserve a 10, the second one above all.",  # prose
    "",
    "\x00\ufffd",
)
"""what no verdict can be read from, after the beginning that the judge wrote for the model"""


async def _good(key: int, body: Any) -> web.StreamResponse:
    await asyncio.sleep(_WORK_S)
    return _says(f'9,"assistant2":{1 + key % 10},' + ("" if body.get("stop") else '"reason":"its checksum"}'))


async def _slow(key: int, body: Any) -> web.StreamResponse:
    await asyncio.sleep(_SLOW_WORK_S)
    return await _good(key, body)


async def _garbage(key: int, body: Any) -> web.StreamResponse:
    await asyncio.sleep(_WORK_S)
    kind = key % (len(_GARBAGE) + 4)
    if kind < len(_GARBAGE):
        return _says(_GARBAGE[kind])
    if kind == len(_GARBAGE):
        return web.json_response({"choices": []})
    if kind == len(_GARBAGE) + 1:
        return web.json_response({"choices": [{"message": {"role": "assistant", "content": None}}]})
    if kind == len(_GARBAGE) + 2:
        return web.Response(text='{"choices": [{"message": {"content": "9,', content_type="application/json")
    return web.Response(text="<html>welcome</html>", content_type="text/html")


async def _hang(key: int, body: Any) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


MODES = {"good": _good, "slow": _slow, "garbage": _garbage, "hang": _hang}


def _says(text: str) -> web.StreamResponse:
    message = {"role": "assistant", "content": text}
    return web.json_response({"choices": [{"message": message, "finish_reason": "stop"}], "usage": {}})


def application() -> web.Application:
    """The server."""
    state = {"mode": "good"}

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        user = next(one["content"] for one in reversed(body["messages"]) if one["role"] == "user")
        return await MODES[state["mode"]](zlib.crc32(user.encode()), body)

    async def mode(request: web.Request) -> web.StreamResponse:
        state["mode"] = request.match_info["name"]
        return web.json_response(state)

    async def models(request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [{"id": MODEL}]})

    async def version(request: web.Request) -> web.StreamResponse:
        return web.json_response({"version": "1"})

    made = web.Application()
    made.router.add_post("/v1/chat/completions", chat)
    made.router.add_post(f"/mode/{{name:{'|'.join(MODES)}}}", mode)
    made.router.add_get("/v1/models", models)
    made.router.add_get("/version", version)
    return made


class Endpoint:
    """The process, seen from the scenarios."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self._log = log
        self.start()

    @property
    def url(self) -> str:
        """Up to and with ``/v1``."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Starts it, and waits until it answers; raises RuntimeError."""
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.endpoint", str(self.port)], stdout=output, stderr=output
            )
        until = time.monotonic() + _START_S
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/models", timeout=5).status_code == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the endpoint did not start:\n{self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        """By SIGKILL."""
        self.process.kill()
        self.process.wait(_STOP_S)

    async def become(self, mode: str) -> None:
        """Answers by another of ``MODES`` from now on."""
        async with httpx.AsyncClient(timeout=10) as http:
            answer = await http.post(f"http://127.0.0.1:{self.port}/mode/{mode}")
        answer.raise_for_status()


@contextlib.contextmanager
def endpoint(directory: Path) -> Iterator[dict[str, Any]]:
    """Behind a cluster."""
    running = Endpoint(directory / "endpoint.log")
    try:
        yield {"endpoint": running}
    finally:
        running.kill()


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]), print=lambda *_: None)
