"""Bytes over the HTTP port that no client of ours sends: bad lines, lengths and chunks that lie, floods, slowness."""

from __future__ import annotations

import random
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import urlsplit

from tests.fuzz.tally import Tally
from tests.fuzz.target import RIGHT, http_is_right

_WAIT_S: Final = 1.0
"""for a reply to something that may be no whole request"""
_EVERY: Final = 120
_AT_A_TIME: Final = 24
"""connections; most of them only wait"""
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")
_DEFECTS: Final = frozenset({b"500", b"502", b"503"})
_TRACE: Final = (b"Traceback (most recent call last)", b'File "/')
_SLOW: Final = 64
"""connections that are held open with half a request while others are served"""


def fuzz_http(tally: Tally, url: str) -> None:
    """Raw requests in turn; among them connections that never finish."""
    chance = random.Random(11)
    address = (urlsplit(url).hostname or "", urlsplit(url).port or 80)
    _slow(tally, address, url)
    with ThreadPoolExecutor(_AT_A_TIME) as senders:
        while tally.left_s:
            list(senders.map(lambda raw: _send(tally, address, raw), [_request(chance) for _ in range(_EVERY)]))
            if not http_is_right(url):
                tally.find("the server no longer answers right", RIGHT)
                return


def _send(tally: Tally, address: tuple[str, int], raw: bytes) -> None:
    reply = b""
    try:
        with socket.create_connection(address, timeout=10.0) as sent:
            sent.settimeout(_WAIT_S)
            sent.sendall(raw)
            while len(reply) < 2**20 and (more := sent.recv(65536)):
                reply += more
    except TimeoutError:
        ending = "waits"
    except OSError:
        ending = "reset"
    else:
        ending = "closed"
    codes = _STATUS.findall(reply)
    tally.count(codes[0].decode() if codes else ending)
    if _DEFECTS.intersection(codes):
        tally.find(f"status {codes}", raw)
    if any(mark in reply for mark in _TRACE):
        tally.find("a traceback in the reply", raw)


def _slow(tally: Tally, address: tuple[str, int], url: str) -> None:
    """Many connections with half a request each; another client is served meanwhile."""
    held = []
    try:
        for number in range(_SLOW):
            one = socket.create_connection(address, timeout=10.0)
            head = b"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
            one.sendall(head if number % 2 else head + b"\r\n{")
            held.append(one)
        tally.count("held open")
        if not http_is_right(url):
            tally.find(f"{_SLOW} slow connections keep others from being served", b"")
    finally:
        for one in held:
            one.close()


def _request(chance: random.Random) -> bytes:
    length = str(len(RIGHT)).encode()
    line = b"POST /v1/score HTTP/1.1\r\n"
    host = b"Host: x\r\n"
    close = b"Connection: close\r\n"
    sound = line + host + close + b"Content-Length: " + length + b"\r\n\r\n" + RIGHT
    noise = chance.randbytes(chance.randrange(1, 200))
    changed = bytearray(sound)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    chunked = line + host + close + b"Transfer-Encoding: chunked\r\n"
    size = b"%x\r\n" % len(RIGHT)
    return chance.choice(
        [
            sound,
            noise,
            bytes(changed),
            bytes(changed),
            sound[: chance.randrange(len(sound))],
            # lines
            b"GET / HTTP/9.9\r\n\r\n",
            b"\r\n\r\n\r\n" + sound,
            b"GET " + b"/" * chance.choice([100, 70_000]) + b" HTTP/1.1\r\n" + host + close + b"\r\n",
            b"GET /v1/rewards/%00%ff%2e%2e HTTP/1.1\r\n" + host + close + b"\r\n",
            b"POST /v1/rewards/" + b"%F0%9F" * 50 + b" HTTP/1.1\r\n" + host + close + b"Content-Length: 2\r\n\r\n{}",
            b"POST /v1/judge/..%2f..%2fetc HTTP/1.1\r\n" + host + close + b"Content-Length: 2\r\n\r\n{}",
            b"DELETE /v1/score HTTP/1.1\r\n" + host + close + b"\r\n",
            b"TRACE /v1/score HTTP/1.1\r\n" + host + close + b"\r\n",
            b"CONNECT x:1 HTTP/1.1\r\n" + host + b"\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + noise,
            b"\x16\x03\x01\x02\x00" + noise,
            # headers
            line + host + close + b"X: " + b"a" * chance.choice([9_000, 300_000]) + b"\r\n\r\n",
            line + host + close + b"X-%d: y\r\n" % chance.randrange(9) * 2000 + b"\r\n",
            line + host + close + b"X\x00Y: \xff\xfe\r\n\r\n",
            line + host + close + b" folded: x\r\n\r\n",
            line + host + close + b"traceparent: " + noise.replace(b"\n", b"") + b"\r\n\r\n",
            line + host + close + b"Authorization: Bearer " + b"\xc3\xa9" * 100 + b"\r\nContent-Length: 0\r\n\r\n",
            # lengths
            line + host + close + b"Content-Length: 5\r\n\r\n" + RIGHT,
            line + host + close + b"Content-Length: 99999\r\n\r\n" + RIGHT,
            line + host + close + b"Content-Length: -1\r\n\r\n" + RIGHT,
            line + host + close + b"Content-Length: 99999999999999999999999\r\n\r\n" + RIGHT,
            line + host + close + b"Content-Length: 1e3\r\n\r\n" + RIGHT,
            line + host + close + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n" + RIGHT,
            line + host + close + b"Content-Length: " + length + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + RIGHT,
            line + host + close + b"Content-Length: " + length + b"\r\nContent-Encoding: gzip\r\n\r\n" + RIGHT,
            line + host + close + b"Content-Encoding: br, deflate\r\nContent-Length: " + length + b"\r\n\r\n" + RIGHT,
            line + host + close + b"Expect: 100-continue\r\nContent-Length: " + length + b"\r\n\r\n" + RIGHT,
            # chunks
            chunked + b"\r\n" + size + RIGHT + b"\r\n0\r\n\r\n",
            chunked + b"\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in RIGHT) + b"0\r\n\r\n",
            chunked + b"\r\n" + b"fffffffffffffffff\r\n" + RIGHT,
            chunked + b"\r\n" + b"-1\r\n" + RIGHT + b"\r\n0\r\n\r\n",
            chunked + b"\r\n" + size + RIGHT[:10],
            chunked + b"\r\n" + b"zz\r\n" + RIGHT,
            chunked + b"Transfer-Encoding: identity\r\n\r\n" + size + RIGHT + b"\r\n0\r\n\r\n",
            chunked + b"\r\n" + size + RIGHT + b"\r\n0\r\nX: " + b"t" * 20_000 + b"\r\n\r\n",
            chunked + b"\r\n5;" + b"e" * 20_000 + b"\r\nhello\r\n0\r\n\r\n",
            # one after another
            (line + host + b"Content-Length: " + length + b"\r\n\r\n" + RIGHT) * 30 + sound,
            line + host + b"Content-Length: 2\r\n\r\n{}" + noise,
        ]
    )
