"""The same batch gives identical results in process, over HTTP, and over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import grpc
import httpx
import msgspec
import pytest
from google.protobuf import json_format

from medreward.assembly import build_judge, build_pipeline
from medreward.config import load_settings
from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.examples import load_examples
from tests.running import Cluster


@pytest.fixture
def stub(cluster: Cluster) -> Iterator[pb_grpc.RewardServiceStub]:
    with grpc.insecure_channel(cluster.grpc) as channel:
        yield pb_grpc.RewardServiceStub(channel)


def requests() -> list[t.ScoreRequest]:
    everything = [rollout for recipe in ("gemex", "medsage") for rollout in load_examples(recipe)]
    broken = msgspec.structs.replace(everything[0], id="broken", question_type="essay")
    recipes = ["gemex", "medsage", "medsage-released"]
    return [
        *(
            t.ScoreRequest(recipe=name, rollouts=[*everything, broken], explain=explain)
            for name in recipes
            for explain in (False, True)
        ),
        t.ScoreRequest(components={"answer": 0.5, "format": 0.25}, rollouts=everything),
    ]


def in_process(request: t.ScoreRequest) -> t.ScoreResponse:
    settings = load_settings()
    return asyncio.run(build_pipeline(settings, judge=build_judge(settings.judge)).score(request))


def plain(message: pb.Result | pb.Fingerprint) -> object:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


@pytest.mark.parametrize("request_", requests(), ids=lambda r: f"{r.recipe or 'ad-hoc'}{'-explained' * r.explain}")
def test_results_are_identical(cluster: Cluster, stub: pb_grpc.RewardServiceStub, request_: t.ScoreRequest) -> None:
    here = in_process(request_)
    answer = httpx.post(f"{cluster.url}/v1/score", content=codec.encode(request_), timeout=30)
    assert answer.status_code == 200, answer.text
    over_http = msgspec.json.decode(answer.content, type=t.ScoreResponse)
    assert over_http.results == here.results
    assert over_http.fingerprint == here.fingerprint

    message = codec.request_to_proto(request_)
    expected = [plain(codec.result_to_proto(result)) for result in here.results]
    over_grpc = stub.Score(message, timeout=30)
    assert [plain(result) for result in over_grpc.results] == expected
    assert plain(over_grpc.fingerprint) == plain(codec.fingerprint_to_proto(here.fingerprint))

    *streamed, last = stub.ScoreStream(message, timeout=30)
    assert [plain(one.result) for one in sorted(streamed, key=lambda one: one.index)] == expected
    assert not last.HasField("result")
    assert plain(last.fingerprint) == plain(over_grpc.fingerprint)
    assert last.timing_ms.total > 0


def test_grpc_refuses_with_the_same_error_as_http(cluster: Cluster, stub: pb_grpc.RewardServiceStub) -> None:
    request = t.ScoreRequest(recipe="nope", rollouts=load_examples("gemex")[:1])
    answer = httpx.post(f"{cluster.url}/v1/score", content=codec.encode(request))
    assert answer.status_code == 422
    for call in (stub.Score, lambda message, timeout: list(stub.ScoreStream(message, timeout=timeout))):
        with pytest.raises(grpc.RpcError) as caught:
            call(codec.request_to_proto(request), timeout=30)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        metadata = {item.key: item.value for item in caught.value.trailing_metadata()}
        body = plain(pb.ErrorReply.FromString(metadata["medreward-error-bin"]))
        assert body == answer.json()
        assert caught.value.details() == answer.json()["error"]["message"]
