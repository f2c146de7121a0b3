"""The contract: what goes over the wire, the errors that refuse it, and the protobuf twins.

``types``    the structs of a request and a reply (HTTP JSON, field for field)
``errors``   every way a request can be refused, with its HTTP and gRPC codes
``codec``    bytes or protobuf -> structs -> bytes or protobuf
``v1``       code generated from ``proto/medreward/v1/reward.proto``

It is light: no ray, torch, vllm or web framework is imported from here (a test holds it to that).
"""

from medreward.contract.errors import ErrorCode, FieldError, RequestError, ServiceError
from medreward.contract.types import (
    BOX_SPACES,
    QUESTION_TYPES,
    STATUSES,
    Component,
    Fingerprint,
    Image,
    JudgeCounts,
    JudgeItem,
    JudgeRequest,
    JudgeResponse,
    Reference,
    Region,
    Result,
    Retry,
    Rollout,
    ScoreRequest,
    ScoreResponse,
    Status,
    Timing,
    Verdict,
)

__all__ = [
    "BOX_SPACES",
    "QUESTION_TYPES",
    "STATUSES",
    "Component",
    "ErrorCode",
    "FieldError",
    "Fingerprint",
    "Image",
    "JudgeCounts",
    "JudgeItem",
    "JudgeRequest",
    "JudgeResponse",
    "Reference",
    "Region",
    "RequestError",
    "Result",
    "Retry",
    "Rollout",
    "ScoreRequest",
    "ScoreResponse",
    "ServiceError",
    "Status",
    "Timing",
    "Verdict",
]
