"""A load on a cluster, through both doors, by several clients at once, until it is told to stop."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import grpc
import httpx
import msgspec

from medreward.contract import codec
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.examples import EXAMPLE_RECIPES
from tests.observe.traffic import Traffic, encoded, wrong

RUBRICS = ("semantics", "review", "trust", "stages")
_CALL_S = 60.0
_END_S = 90.0


class Load:
    """Threads that ask, each one request at a time. As a context manager it stops and waits for them."""

    def __init__(self, url: str, grpc_address: str, keys: Mapping[str, str], lasts_s: float) -> None:
        """``keys``: ``trainer`` and ``limited``, the key of a client that soon reaches its rate. ``lasts_s``: within
        which the policy goes from its worst to its best."""
        self._url, self._grpc, self._keys, self._lasts_s = url, grpc_address, keys, lasts_s
        self._stop = threading.Event()
        self._started = time.monotonic()
        self.outcomes: Counter[str] = Counter()
        """of the requests so far: door, and status or code"""
        self.broken: list[BaseException] = []
        """what a thread died of; none should"""
        asks: list[Callable[[Traffic, int], None]] = [self._scores, self._scores, self._calls, self._nonsense]
        asks.append(self._hurries)
        self._threads = [threading.Thread(target=self._run, args=(ask, Traffic(seed))) for seed, ask in enumerate(asks)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(_END_S)

    def _run(self, ask: Callable[[Traffic, int], None], traffic: Traffic) -> None:
        turn = 0
        try:
            while not self._stop.is_set():
                ask(traffic, turn)
                turn += 1
                # no faster than a small machine scores: waves, as the steps of a training run
                self._stop.wait(0.15 + 0.1 * math.sin(turn / 12))
        except BaseException as error:
            self.broken.append(error)
            raise

    def _skill(self) -> float:
        return 0.25 + 0.6 * min(1.0, (time.monotonic() - self._started) / self._lasts_s)

    def _post(self, client: httpx.Client, path: str, key: str, body: bytes) -> None:
        answer = client.post(path, content=body, headers={"authorization": f"Bearer {self._keys.get(key, key)}"})
        self.outcomes[f"http {answer.status_code}"] += 1

    def _scores(self, traffic: Traffic, turn: int) -> None:
        recipe = list(EXAMPLE_RECIPES)[turn % len(EXAMPLE_RECIPES)]
        size = (16, 64, 24, 128)[turn % 4]
        with httpx.Client(base_url=self._url, timeout=_CALL_S) as client:
            self._post(client, "/v1/score", "trainer", encoded(traffic.batch(recipe, size, self._skill())))
            if turn % 4 == 0:
                rubric = RUBRICS[turn // 4 % len(RUBRICS)]
                asked = httpx.Request("POST", "http://x", json=traffic.judging(rubric, 6)).read()
                self._post(client, f"/v1/judge/{rubric}", "trainer", asked)

    def _calls(self, traffic: Traffic, turn: int) -> None:
        metadata = [("authorization", f"Bearer {self._keys['trainer']}")]
        request = codec.request_to_proto(traffic.batch("gemex", 32, self._skill()))
        with grpc.insecure_channel(self._grpc) as channel:
            stub = pb_grpc.RewardServiceStub(channel)
            try:
                if turn % 3 == 0:
                    for _ in stub.ScoreStream(request, metadata=metadata, timeout=_CALL_S):
                        pass
                elif turn % 3 == 1:
                    stub.Score(request, metadata=metadata, timeout=_CALL_S)
                else:
                    items = [pb.JudgeItem(**item) for item in traffic.judging("review", 4)["items"]]
                    stub.Judge(pb.JudgeRequest(rubric="review", items=items), metadata=metadata, timeout=_CALL_S)
                self.outcomes["grpc OK"] += 1
            except grpc.RpcError as error:
                self.outcomes[f"grpc {error.code().name}"] += 1

    def _hurries(self, traffic: Traffic, turn: int) -> None:
        """A large batch, and beside it small ones that cannot be done in time after it: some are refused at once."""
        large = encoded(traffic.batch("gemex", 512, self._skill()))
        hurried = msgspec.structs.replace(traffic.batch("gemex", 8, self._skill()), deadline_ms=1)
        small = encoded(hurried)
        with httpx.Client(base_url=self._url, timeout=_CALL_S) as client, ThreadPoolExecutor(5) as pool:
            sent = [pool.submit(self._post, client, "/v1/score", "trainer", body) for body in (large, *[small] * 4)]
            for one in sent:
                one.result()
        self._stop.wait(1)

    def _nonsense(self, traffic: Traffic, turn: int) -> None:
        with httpx.Client(base_url=self._url, timeout=_CALL_S) as client:
            self._post(client, "/v1/score", "trainer", wrong()[turn % 3])
            self._post(client, "/v1/score", "of-a-stranger", b"{}")
            self._post(client, "/v1/score", "limited", encoded(traffic.batch("gemex", 4, 0.5)))
