"""API keys on a real cluster, at both doors, with a key that changes while it serves."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import httpx
import pytest

from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.examples import load_examples
from medreward.ingress.grpc import ERROR_METADATA
from tests.running import Cluster, served

REQUEST = t.ScoreRequest(recipe="gemex", rollouts=load_examples("gemex")[:1])
_ROTATED_S = 30.0


def swap(directory: Path, version: str, key: str) -> None:
    """As kubelet does when a Secret changes."""
    (directory / version).mkdir(parents=True)
    (directory / version / "trainer").write_text(f"{key}\n")
    (directory / "..next").symlink_to(version)
    os.replace(directory / "..next", directory / "..data")
    if not (directory / "trainer").is_symlink():
        (directory / "trainer").symlink_to("..data/trainer")


def by_http(cluster: Cluster, key: str | None) -> str:
    """The code of the refusal; empty when a reward came."""
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    answer = httpx.post(f"{cluster.url}/v1/score", content=codec.encode(REQUEST), headers=headers, timeout=30)
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        return str(answer.json()["error"]["code"])
    assert answer.json()["results"][0]["reward"] == 2.0
    return ""


def by_grpc(cluster: Cluster, key: str | None) -> str:
    """The same, of ``Score`` and ``ScoreStream``, which must agree."""
    metadata = [] if key is None else [("authorization", f"Bearer {key}")]
    message = codec.request_to_proto(REQUEST)
    codes = set()
    with grpc.insecure_channel(cluster.grpc) as channel:
        stub = pb_grpc.RewardServiceStub(channel)
        calls: list[Callable[[], object]] = [
            lambda: stub.Score(message, metadata=metadata, timeout=30),
            lambda: list(stub.ScoreStream(message, metadata=metadata, timeout=30)),
        ]
        for call in calls:
            codes.add(_code_of(call))
    (code,) = codes
    return code


def _code_of(call: Callable[[], object]) -> str:
    try:
        call()
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
            raise
        trailing: dict[str, bytes] = dict(error.trailing_metadata())  # type: ignore[arg-type]
        return str(pb.ErrorReply.FromString(trailing[ERROR_METADATA]).error.code)
    return ""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    swap(directory, "..2001", "first")
    return directory


@pytest.fixture(scope="module")
def keyed(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    environment = {"MEDREWARD_AUTH__KEYS_DIR": str(keys), "MEDREWARD_INGRESS__CPUS": "0.5"}
    with served(tmp_path_factory.mktemp("cluster") / "serve.log", **environment) as cluster:
        yield cluster


@pytest.mark.parametrize("door", [by_http, by_grpc])
def test_only_who_has_the_key_is_served(keyed: Cluster, door: Callable[[Cluster, str | None], str]) -> None:
    assert door(keyed, "first") == ""
    assert {door(keyed, key) for key in (None, "second", "first2")} == {"unauthorized"}


def test_probes_and_metrics_need_no_key_and_nothing_else_is_told(keyed: Cluster) -> None:
    statuses = {
        path: httpx.get(f"{keyed.url}{path}", timeout=30).status_code
        for path in ("/healthz", "/readyz", "/metrics", "/-/healthz", "/v1/info", "/v1/recipes", "/docs", "/nope")
    }
    assert {path for path, status in statuses.items() if status == 200} == {
        "/healthz",
        "/readyz",
        "/metrics",
        "/-/healthz",
    }
    assert {status for status in statuses.values() if status != 200} == {401}


def test_a_large_body_without_a_key_is_refused_too(keyed: Cluster) -> None:
    with contextlib.suppress(httpx.WriteError):  # the answer may come, and the connection end, before all is sent
        answer = httpx.post(f"{keyed.url}/v1/score", content=b"x" * (8 << 20), timeout=60)
        assert answer.status_code == 401


def test_the_command_says_whose_keys_it_asks_for_and_never_shows_one(keyed: Cluster) -> None:
    said = keyed.log.read_text()
    assert "asked for, of trainer" in said
    assert "first" not in said


# the last: from here on the first key is gone
def test_a_key_that_changes_while_it_serves_is_taken_without_a_restart(keyed: Cluster, keys: Path) -> None:
    swap(keys, "..2002", "second")
    until = time.monotonic() + _ROTATED_S
    while by_http(keyed, "second") or by_grpc(keyed, "second"):
        assert time.monotonic() < until, "the new key was not taken"
        time.sleep(0.5)
    assert by_http(keyed, "first") == by_grpc(keyed, "first") == "unauthorized"
    # a directory that breaks takes nothing away
    swap(keys, "..2003", "")
    time.sleep(3)
    assert by_http(keyed, "second") == by_grpc(keyed, "second") == ""
