from __future__ import annotations

import pickle

import grpc
from google.protobuf import json_format

from medreward.contract.codec import error_to_proto
from medreward.contract.errors import WIRE_STATUS, ErrorCode, Overbooked, RequestError, ServiceError
from medreward.judge.types import EngineError


def test_every_error_code_has_a_status_in_both_protocols() -> None:
    assert set(WIRE_STATUS) == set(ErrorCode)
    for status in WIRE_STATUS.values():
        assert 400 <= status.http < 600
        assert status.grpc in grpc.StatusCode.__members__


def test_only_what_may_succeed_later_invites_a_retry() -> None:
    retried_by_grpc_clients = {"UNAVAILABLE", "RESOURCE_EXHAUSTED"}
    inviting = {code for code, status in WIRE_STATUS.items() if status.grpc in retried_by_grpc_clients}
    assert inviting == {ErrorCode.RATE_LIMITED, ErrorCode.OVERLOADED, ErrorCode.UNAVAILABLE}


def test_error_body_is_the_json_of_its_message() -> None:
    error = RequestError.at(ErrorCode.INVALID, "rollouts[0].id", "unknown field")
    message = error_to_proto(error)
    assert json_format.MessageToDict(message, preserving_proto_field_name=True) == error.body()


def test_errors_arrive_whole_in_another_process() -> None:
    refused = pickle.loads(pickle.dumps(RequestError.at(ErrorCode.INVALID, "recipe", "unknown")))
    assert (refused.code, refused.message, refused.fields[0].path) == (ErrorCode.INVALID, "recipe: unknown", "recipe")
    limited = pickle.loads(pickle.dumps(RequestError(ErrorCode.RATE_LIMITED, "often", retry_after_s=1.5)))
    assert (limited.code, limited.retry_after_s) == (ErrorCode.RATE_LIMITED, 1.5)
    failed = pickle.loads(pickle.dumps(ServiceError("overloaded", "full")))
    assert (failed.status, failed.detail) == ("overloaded", "full")
    full = pickle.loads(pickle.dumps(Overbooked("judge", "full", 3.0)))
    assert (full.service, full.status, full.detail, full.retry_after_s) == ("judge", "overloaded", "full", 3.0)
    lost = pickle.loads(pickle.dumps(EngineError("unavailable", "gone", retryable=True, retry_after_s=2.0)))
    assert (lost.status, lost.detail, lost.retryable, lost.retry_after_s) == ("unavailable", "gone", True, 2.0)
