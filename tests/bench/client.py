"""A load that costs little itself.

On two cores a client such as aiohttp takes as long for a request as the server does, and then measures itself. This
one writes prepared bytes and reads a length: enough for HTTP/1.1 with Content-Length, and for nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlsplit

import grpc

from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc


class Load(NamedTuple):
    """What one run of a load saw."""

    requests_s: float
    p50_ms: float
    p99_ms: float


Call = Callable[[], Awaitable[None]]


async def measure(calls: list[Call], seconds: float, warm_up: float) -> Load:
    """Each call over and over, all at a time, for ``seconds`` after ``warm_up``; any failure ends the run."""
    latencies: list[float] = []
    start = time.perf_counter() + warm_up
    stop = start + seconds

    async def loop(call: Call) -> None:
        while (begun := time.perf_counter()) < stop:
            await call()
            done = time.perf_counter()
            if begun >= start and done <= stop:
                latencies.append(done - begun)

    await asyncio.gather(*(loop(call) for call in calls))
    latencies.sort()
    if not latencies:
        raise RuntimeError(f"no request was done within {seconds} s")
    return Load(len(latencies) / seconds, _percentile(latencies, 0.50), _percentile(latencies, 0.99))


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class HttpConnection:
    """One keep-alive connection that posts the same body again and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str, body: bytes) -> None:
        parts = urlsplit(url)
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._message = head.encode() + body
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, url: str, body: bytes) -> HttpConnection:
        """A connection to the host of ``url``."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 24)
        return cls(reader, writer, url, body)

    async def call(self) -> None:
        """One request; raises unless the answer is 200."""
        self._writer.write(self._message)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode(errors="replace"))
        await self._reader.readexactly(_content_length(head))

    def close(self) -> None:
        """Ends the connection."""
        self._writer.close()


def _content_length(head: bytes) -> int:
    at = head.lower().index(b"content-length:") + len(b"content-length:")
    return int(head[at : head.index(b"\r\n", at)])


async def http_load(url: str, body: bytes, connections: int, seconds: float, warm_up: float = 1.0) -> Load:
    """``connections`` keep-alive connections at a time against an HTTP server."""
    opened = [await HttpConnection.open(url, body) for _ in range(connections)]
    try:
        return await measure([connection.call for connection in opened], seconds, warm_up)
    finally:
        for connection in opened:
            connection.close()


async def grpc_load(
    address: str, message: pb.ScoreRequest, in_flight: int, seconds: float, warm_up: float = 1.0
) -> Load:
    """``in_flight`` calls at a time over two channels."""
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", 1 << 28)]
    channels = [grpc.aio.insecure_channel(address, options=options) for _ in range(2)]
    stubs = [pb_grpc.RewardServiceStub(channel) for channel in channels]

    def caller(stub: pb_grpc.RewardServiceStub) -> Call:
        async def call() -> None:
            await stub.Score(message, timeout=60)

        return call

    try:
        return await measure([caller(stubs[i % len(stubs)]) for i in range(in_flight)], seconds, warm_up)
    finally:
        for channel in channels:
            await channel.close()
