"""Does memory stay flat? ``python -m tests.fuzz.memory --requests N``: a server's processes before and after.

Requests go to a real ``medreward serve`` over HTTP, on connections kept alive, and over gRPC: no two alike in ids and
answers, in every recipe, one in eight refused. Resident memory of each process is read after a warm-up, on the way,
and at the end, and the growth is counted between the second reading and the last: what fills its bounds fills them
in the first part. Exit status 1 when a process grew more than allowed, a replica ended, or a reply was no answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import grpc
import psutil

from medreward.contract import codec
from medreward.contract.errors import RequestError
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as stubs
from tests.fuzz.traffic import body
from tests.running import served

_READINGS: Final = 5
_ALLOWED_MIB: Final = 24.0
"""of growth of one process from the second reading to the last"""
_OF_GRPC: Final = 10
"""one request in so many goes over gRPC"""
_AT_A_TIME: Final = 8
"""requests"""
_TIMEOUT_S: Final = 60.0
_REPLICA: Final = "ray::ServeReplica"
"""how Ray names the process of one"""
_NO_ANSWERS: Final = ("5", "gRPC INTERNAL", "gRPC UNKNOWN", "gRPC UNAVAILABLE")
"""how a reply begins that is a defect, or of a server that is not there"""


def resident(process: psutil.Process) -> dict[str, float]:
    """MiB of the process and all below it, by name and number; those that just ended are left out."""
    found = {}
    for one in [process, *process.children(recursive=True)]:
        try:
            name = " ".join(one.cmdline())[:40] or one.name()
            found[f"{one.pid} {name}"] = one.memory_info().rss / 2**20
        except psutil.Error:
            continue
    return found


def replicas(reading: Mapping[str, float]) -> set[int]:
    """The processes of a reading that are replicas."""
    return {int(number) for number, _, name in (one.partition(" ") for one in reading) if name.startswith(_REPLICA)}


def failures(readings: Sequence[Mapping[str, float]], codes: Mapping[str, int], allowed: float) -> list[str]:
    """What must not be: growth, replicas that ended, whose growth nobody saw, and replies that are no answers."""
    found = [
        f"{name} grew by {last - readings[1][name]:.1f} MiB"
        for name, last in readings[-1].items()
        if name in readings[1] and last - readings[1][name] > allowed
    ]
    if not replicas(readings[1]):
        found.append("there was no replica to be seen")
    found += [f"replica {number} ended" for number in sorted(replicas(readings[1]) - replicas(readings[-1]))]
    found += [f"{count} times {code}" for code, count in codes.items() if code.startswith(_NO_ANSWERS)]
    return found


class Client:
    """Sends the requests of ``traffic``, from several threads at a time, each over a connection of its own."""

    def __init__(self, url: str, channel: grpc.Channel) -> None:
        """``url`` for HTTP, ``channel`` for gRPC."""
        self._address = urlsplit(url).netloc
        self._ask = stubs.RewardServiceStub(channel).Score  # type: ignore[no-untyped-call]
        self._own = threading.local()

    def send(self, number: int) -> str:
        """The ``number``-th request; what came back, in a word."""
        content = body(number)
        return self._over_grpc(content) if number % _OF_GRPC == 3 else self._over_http(content)

    def _over_http(self, content: bytes) -> str:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = HTTPConnection(self._address, timeout=_TIMEOUT_S)
        connection.request("POST", "/v1/score", content)
        reply = connection.getresponse()
        reply.read()
        return str(reply.status)

    def _over_grpc(self, content: bytes) -> str:
        try:
            message = codec.request_to_proto(codec.decode_request(content, codec.Limits()))
        except RequestError:
            message = pb.ScoreRequest(recipe="none")
        try:
            self._ask(message, timeout=_TIMEOUT_S)
        except grpc.RpcError as error:
            return f"gRPC {error.code().name}"
        return "gRPC OK"


def main() -> None:
    """Prints the readings of each process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--allowed", type=float, default=_ALLOWED_MIB, help="MiB that a process may grow")
    parser.add_argument("--out", type=Path, help="JSON of the readings")
    options = parser.parse_args()
    readings: list[dict[str, float]] = []
    codes: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "serve.log") as cluster:
        process = psutil.Process(cluster.process.pid)
        step = max(1, options.requests // (_READINGS - 1))
        with grpc.insecure_channel(cluster.grpc) as channel, ThreadPoolExecutor(_AT_A_TIME) as senders:
            client = Client(cluster.url, channel)
            for reading in range(_READINGS - 1):
                readings.append(resident(process))
                codes.update(senders.map(client.send, range(reading * step, (reading + 1) * step)))
        readings.append(resident(process))
    spent = time.monotonic() - began
    grown = {name: readings[-1][name] - readings[1][name] for name in readings[-1] if name in readings[1]}
    for name, growth in sorted(grown.items(), key=lambda pair: -pair[1]):
        print(f"{growth:+8.1f} MiB  {' '.join(f'{one.get(name, 0.0):7.1f}' for one in readings)}  {name}")
    most = max(grown.values())
    print(f"{sum(codes.values())} requests in {spent:.0f} s: {dict(codes)}; a process grew by {most:.1f} MiB at most")
    if options.out:
        options.out.write_text(json.dumps({"codes": codes, "readings": readings}, indent=1) + "\n")
    failed = failures(readings, codes, options.allowed)
    print(*failed, sep="\n")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
