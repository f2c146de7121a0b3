"""gRPC calls that no client of ours makes: payloads that are no message, lengths that lie, a bomb, much metadata."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Callable
from typing import Final

import grpc

from medreward.contract import codec
from tests.fuzz.tally import Tally
from tests.fuzz.target import RIGHT, grpc_is_right

_SERVICE: Final = "/medreward.v1.RewardService/"
_METHODS: Final = ("Score", "ScoreStream", "Judge", "Nothing", "Score/")
_OURS: Final = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
"""what no payload may be answered with"""
_TIMEOUT_S: Final = 30.0
_EVERY: Final = 200
"""inputs between two looks whether the server still answers right"""
_BOMB: Final = 256 * 2**20
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS: Final = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def fuzz_grpc(tally: Tally, address: str) -> None:
    """Calls with hostile payloads, then connections with hostile frames, in turn; a bomb first."""
    chance = random.Random(7)
    sound = codec.request_to_proto(codec.decode_request(RIGHT, codec.Limits())).SerializeToString()
    _bomb(tally, address)
    with grpc.insecure_channel(address, options=[("grpc.max_metadata_size", 2**20)]) as channel:
        while tally.left_s:
            for _ in range(_EVERY):
                if not tally.left_s:
                    break
                method = chance.choice(_METHODS) if chance.random() < 0.3 else chance.choice(_METHODS[:3])
                payload = chance.choice(_PAYLOADS)(chance, sound)
                _call(tally, channel, method, payload, _metadata(chance))
            _frames(tally, address, chance)
            if not grpc_is_right(address):
                tally.find("the server no longer answers right", sound)
                return


def _call(
    tally: Tally, channel: grpc.Channel, method: str, payload: bytes, metadata: list[tuple[str, str | bytes]]
) -> None:
    path = _SERVICE + method
    try:
        if method == "ScoreStream":
            for _ in channel.unary_stream(path, bytes, bytes)(payload, timeout=_TIMEOUT_S, metadata=tuple(metadata)):
                pass
        else:
            channel.unary_unary(path, bytes, bytes)(payload, timeout=_TIMEOUT_S, metadata=tuple(metadata))
    except grpc.RpcError as error:
        code = error.code()
        tally.count(code.name)
        if code in _OURS or code == grpc.StatusCode.DEADLINE_EXCEEDED:
            tally.find(f"{method}: {code.name}: {error.details()}", payload)
    else:
        tally.count("OK")


def _metadata(chance: random.Random) -> list[tuple[str, str | bytes]]:
    if chance.random() < 0.8:
        return []
    return chance.choice(
        [
            [(f"x-{number}", "v" * 20) for number in range(60)],
            [("x-long", "v" * 6000)],
            [("authorization", "Bearer " + "k" * 3000)],
            [("traceparent", "00-" + "f" * 200)],
            [("traceparent", "~~~"), ("tracestate", "=,=" * 300)],
            [("x-request-id", "a b" * 100)],
            [("application", "nothing")],
            [("medreward-error-bin", b"\x00\xff")],
            [("grpc-timeout", "99999999999S")],
        ]
    )


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, kind: int, content: bytes) -> bytes:
    return _varint(number << 3 | kind) + (_varint(len(content)) + content if kind == 2 else content)


def _cut(chance: random.Random, sound: bytes) -> bytes:
    return sound[: chance.randrange(len(sound))]


def _flipped(chance: random.Random, sound: bytes) -> bytes:
    changed = bytearray(sound)
    for _ in range(chance.randint(1, 6)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _noise(chance: random.Random, sound: bytes) -> bytes:
    return chance.randbytes(chance.randrange(300))


def _lying(chance: random.Random, sound: bytes) -> bytes:
    return _varint(chance.randint(1, 12) << 3 | 2) + _varint(chance.choice([2**31 - 1, 2**32, 2**63, 10**6])) + b"x"


def _unknown(chance: random.Random, sound: bytes) -> bytes:
    extra = b"".join(_field(chance.randint(100, 500), 2, b"y" * 50) for _ in range(chance.randint(1, 200)))
    return sound + extra


def _deep(chance: random.Random, sound: bytes) -> bytes:
    inside = b""
    for _ in range(chance.choice([50, 200, 2000])):
        inside = _field(chance.randint(1, 12), 2, inside)
    return inside


def _groups(chance: random.Random, sound: bytes) -> bytes:
    return _varint(chance.randint(1, 20) << 3 | 3) * chance.choice([10, 5000])


def _texts(chance: random.Random, sound: bytes) -> bytes:
    """Rollouts whose every text is bytes of no encoding."""
    rollout = b"".join(_field(number, 2, chance.randbytes(20)) for number in range(1, 12))
    return b"".join(_field(number, 2, rollout) for number in range(1, 8))


def _numbers(chance: random.Random, sound: bytes) -> bytes:
    extreme = chance.choice([2**63, 2**64 - 1, 2**31, 0])
    doubled = struct.pack("<d", chance.choice([float("nan"), float("inf"), -1e308, 5e-324]))
    return sound + b"".join(_field(number, 0, _varint(extreme)) + _field(number, 1, doubled) for number in range(1, 12))


_PAYLOADS: Final[list[Callable[[random.Random, bytes], bytes]]] = [
    *(_cut, _flipped, _flipped, _flipped, _noise, _lying, _unknown, _deep, _groups, _texts, _numbers),
    lambda chance, sound: sound,
    lambda chance, sound: b"",
    lambda chance, sound: sound * 50,
]


def _bomb(tally: Tally, address: str) -> None:
    """A field of ``_BOMB`` equal bytes, which is a thousandth of that on the wire."""
    payload = _field(1, 2, b"a" * _BOMB)
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(address, options=options, compression=grpc.Compression.Gzip) as channel:
        try:
            channel.unary_unary(_SERVICE + "Score", bytes, bytes)(payload, timeout=_TIMEOUT_S)
        except grpc.RpcError as error:
            tally.count(f"bomb {error.code().name}")
            if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
                tally.find(f"a bomb: {error.code().name}: {error.details()}", payload[:64])
        else:
            tally.find("a bomb was taken", payload[:64])


def _frames(tally: Tally, address: str, chance: random.Random) -> None:
    """One connection with frames of HTTP/2 that make no sense; the server may only close it."""
    host, _, port = address.rpartition(":")
    kind, flags, stream = chance.randrange(12), chance.randrange(256), chance.choice([0, 1, 2, 2**31 - 1])
    content = chance.randbytes(chance.choice([0, 8, 100]))
    length = chance.choice([len(content), 2**24 - 1])
    frame = length.to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content
    try:
        with socket.create_connection((host, int(port)), timeout=_TIMEOUT_S) as sent:
            sent.settimeout(0.2)
            sent.sendall(_PREFACE + _SETTINGS + frame * chance.choice([1, 50]))
            while sent.recv(4096):
                pass
    except TimeoutError:
        tally.count("frames, kept open")
    except OSError:
        tally.count("frames, reset")
    else:
        tally.count("frames, closed")
