from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ScoreRequest(_message.Message):
    __slots__ = ("recipe", "components", "deadline_ms", "explain", "rollouts")
    class ComponentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    RECIPE_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_FIELD_NUMBER: _ClassVar[int]
    ROLLOUTS_FIELD_NUMBER: _ClassVar[int]
    recipe: str
    components: _containers.ScalarMap[str, float]
    deadline_ms: int
    explain: bool
    rollouts: _containers.RepeatedCompositeFieldContainer[Rollout]
    def __init__(self, recipe: _Optional[str] = ..., components: _Optional[_Mapping[str, float]] = ..., deadline_ms: _Optional[int] = ..., explain: _Optional[bool] = ..., rollouts: _Optional[_Iterable[_Union[Rollout, _Mapping]]] = ...) -> None: ...

class Rollout(_message.Message):
    __slots__ = ("id", "group_id", "question", "question_type", "choices", "context", "response", "retry", "reference", "image", "box_space")
    class ChoicesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_ID_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    QUESTION_TYPE_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    RETRY_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    BOX_SPACE_FIELD_NUMBER: _ClassVar[int]
    id: str
    group_id: str
    question: str
    question_type: str
    choices: _containers.ScalarMap[str, str]
    context: str
    response: str
    retry: Retry
    reference: Reference
    image: Image
    box_space: str
    def __init__(self, id: _Optional[str] = ..., group_id: _Optional[str] = ..., question: _Optional[str] = ..., question_type: _Optional[str] = ..., choices: _Optional[_Mapping[str, str]] = ..., context: _Optional[str] = ..., response: _Optional[str] = ..., retry: _Optional[_Union[Retry, _Mapping]] = ..., reference: _Optional[_Union[Reference, _Mapping]] = ..., image: _Optional[_Union[Image, _Mapping]] = ..., box_space: _Optional[str] = ...) -> None: ...

class Retry(_message.Message):
    __slots__ = ("self_check", "response")
    SELF_CHECK_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    self_check: str
    response: str
    def __init__(self, self_check: _Optional[str] = ..., response: _Optional[str] = ...) -> None: ...

class Reference(_message.Message):
    __slots__ = ("answer", "regions")
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    answer: str
    regions: _containers.RepeatedCompositeFieldContainer[Region]
    def __init__(self, answer: _Optional[str] = ..., regions: _Optional[_Iterable[_Union[Region, _Mapping]]] = ...) -> None: ...

class Region(_message.Message):
    __slots__ = ("label", "box")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    label: str
    box: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, label: _Optional[str] = ..., box: _Optional[_Iterable[float]] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("width", "height")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class ScoreResponse(_message.Message):
    __slots__ = ("results", "fingerprint", "timing_ms")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    TIMING_MS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[Result]
    fingerprint: Fingerprint
    timing_ms: Timing
    def __init__(self, results: _Optional[_Iterable[_Union[Result, _Mapping]]] = ..., fingerprint: _Optional[_Union[Fingerprint, _Mapping]] = ..., timing_ms: _Optional[_Union[Timing, _Mapping]] = ...) -> None: ...

class ScoreStreamResponse(_message.Message):
    __slots__ = ("index", "result", "fingerprint", "timing_ms")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    TIMING_MS_FIELD_NUMBER: _ClassVar[int]
    index: int
    result: Result
    fingerprint: Fingerprint
    timing_ms: Timing
    def __init__(self, index: _Optional[int] = ..., result: _Optional[_Union[Result, _Mapping]] = ..., fingerprint: _Optional[_Union[Fingerprint, _Mapping]] = ..., timing_ms: _Optional[_Union[Timing, _Mapping]] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("id", "reward", "components", "detail", "trajectory")
    class ComponentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Component
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Component, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    REWARD_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    TRAJECTORY_FIELD_NUMBER: _ClassVar[int]
    id: str
    reward: float
    components: _containers.MessageMap[str, Component]
    detail: str
    trajectory: Trajectory
    def __init__(self, id: _Optional[str] = ..., reward: _Optional[float] = ..., components: _Optional[_Mapping[str, Component]] = ..., detail: _Optional[str] = ..., trajectory: _Optional[_Union[Trajectory, _Mapping]] = ...) -> None: ...

class Component(_message.Message):
    __slots__ = ("status", "value", "weight", "detail", "applies_to", "explanation")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    APPLIES_TO_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    status: str
    value: float
    weight: float
    detail: str
    applies_to: str
    explanation: _struct_pb2.Struct
    def __init__(self, status: _Optional[str] = ..., value: _Optional[float] = ..., weight: _Optional[float] = ..., detail: _Optional[str] = ..., applies_to: _Optional[str] = ..., explanation: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Trajectory(_message.Message):
    __slots__ = ("dialect", "stages", "answer", "regions", "problems")
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    dialect: str
    stages: _containers.RepeatedCompositeFieldContainer[Stage]
    answer: str
    regions: _containers.RepeatedCompositeFieldContainer[PredictedRegion]
    problems: _containers.RepeatedCompositeFieldContainer[Problem]
    def __init__(self, dialect: _Optional[str] = ..., stages: _Optional[_Iterable[_Union[Stage, _Mapping]]] = ..., answer: _Optional[str] = ..., regions: _Optional[_Iterable[_Union[PredictedRegion, _Mapping]]] = ..., problems: _Optional[_Iterable[_Union[Problem, _Mapping]]] = ...) -> None: ...

class Stage(_message.Message):
    __slots__ = ("name", "text", "start", "end")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    name: str
    text: str
    start: int
    end: int
    def __init__(self, name: _Optional[str] = ..., text: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class PredictedRegion(_message.Message):
    __slots__ = ("label", "box", "space", "start", "end")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    label: str
    box: _containers.RepeatedScalarFieldContainer[float]
    space: str
    start: int
    end: int
    def __init__(self, label: _Optional[str] = ..., box: _Optional[_Iterable[float]] = ..., space: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("code", "message", "start", "end")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    start: int
    end: int
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class Fingerprint(_message.Message):
    __slots__ = ("version", "recipe", "recipe_hash", "judge", "scorer")
    class JudgeEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ScorerEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RECIPE_FIELD_NUMBER: _ClassVar[int]
    RECIPE_HASH_FIELD_NUMBER: _ClassVar[int]
    JUDGE_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    version: str
    recipe: str
    recipe_hash: str
    judge: _containers.ScalarMap[str, str]
    scorer: _containers.ScalarMap[str, str]
    def __init__(self, version: _Optional[str] = ..., recipe: _Optional[str] = ..., recipe_hash: _Optional[str] = ..., judge: _Optional[_Mapping[str, str]] = ..., scorer: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Timing(_message.Message):
    __slots__ = ("queue", "deterministic", "judge", "scorer", "total", "judge_counts")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    DETERMINISTIC_FIELD_NUMBER: _ClassVar[int]
    JUDGE_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    JUDGE_COUNTS_FIELD_NUMBER: _ClassVar[int]
    queue: float
    deterministic: float
    judge: float
    scorer: float
    total: float
    judge_counts: JudgeCounts
    def __init__(self, queue: _Optional[float] = ..., deterministic: _Optional[float] = ..., judge: _Optional[float] = ..., scorer: _Optional[float] = ..., total: _Optional[float] = ..., judge_counts: _Optional[_Union[JudgeCounts, _Mapping]] = ...) -> None: ...

class JudgeCounts(_message.Message):
    __slots__ = ("asked", "short_cuts", "cache_hits", "coalesced", "engine_calls", "retries", "failed", "swapped", "low_references", "prompt_tokens", "cached_tokens", "completion_tokens")
    ASKED_FIELD_NUMBER: _ClassVar[int]
    SHORT_CUTS_FIELD_NUMBER: _ClassVar[int]
    CACHE_HITS_FIELD_NUMBER: _ClassVar[int]
    COALESCED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_CALLS_FIELD_NUMBER: _ClassVar[int]
    RETRIES_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    SWAPPED_FIELD_NUMBER: _ClassVar[int]
    LOW_REFERENCES_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CACHED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKENS_FIELD_NUMBER: _ClassVar[int]
    asked: int
    short_cuts: int
    cache_hits: int
    coalesced: int
    engine_calls: int
    retries: int
    failed: int
    swapped: int
    low_references: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    def __init__(self, asked: _Optional[int] = ..., short_cuts: _Optional[int] = ..., cache_hits: _Optional[int] = ..., coalesced: _Optional[int] = ..., engine_calls: _Optional[int] = ..., retries: _Optional[int] = ..., failed: _Optional[int] = ..., swapped: _Optional[int] = ..., low_references: _Optional[int] = ..., prompt_tokens: _Optional[int] = ..., cached_tokens: _Optional[int] = ..., completion_tokens: _Optional[int] = ...) -> None: ...

class JudgeRequest(_message.Message):
    __slots__ = ("rubric", "deadline_ms", "explain", "items")
    RUBRIC_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    rubric: str
    deadline_ms: int
    explain: bool
    items: _containers.RepeatedCompositeFieldContainer[JudgeItem]
    def __init__(self, rubric: _Optional[str] = ..., deadline_ms: _Optional[int] = ..., explain: _Optional[bool] = ..., items: _Optional[_Iterable[_Union[JudgeItem, _Mapping]]] = ...) -> None: ...

class JudgeItem(_message.Message):
    __slots__ = ("id", "fields")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    fields: _containers.ScalarMap[str, str]
    def __init__(self, id: _Optional[str] = ..., fields: _Optional[_Mapping[str, str]] = ...) -> None: ...

class JudgeResponse(_message.Message):
    __slots__ = ("verdicts", "fingerprint", "timing_ms")
    class FingerprintEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    TIMING_MS_FIELD_NUMBER: _ClassVar[int]
    verdicts: _containers.RepeatedCompositeFieldContainer[Verdict]
    fingerprint: _containers.ScalarMap[str, str]
    timing_ms: Timing
    def __init__(self, verdicts: _Optional[_Iterable[_Union[Verdict, _Mapping]]] = ..., fingerprint: _Optional[_Mapping[str, str]] = ..., timing_ms: _Optional[_Union[Timing, _Mapping]] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("id", "status", "scores", "choice", "label", "value", "margin", "detail", "reason")
    class ScoresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: str
    scores: _containers.ScalarMap[str, float]
    choice: str
    label: str
    value: float
    margin: float
    detail: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., status: _Optional[str] = ..., scores: _Optional[_Mapping[str, float]] = ..., choice: _Optional[str] = ..., label: _Optional[str] = ..., value: _Optional[float] = ..., margin: _Optional[float] = ..., detail: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ErrorReply(_message.Message):
    __slots__ = ("error",)
    ERROR_FIELD_NUMBER: _ClassVar[int]
    error: Error
    def __init__(self, error: _Optional[_Union[Error, _Mapping]] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("code", "message", "fields")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    fields: _containers.RepeatedCompositeFieldContainer[FieldError]
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., fields: _Optional[_Iterable[_Union[FieldError, _Mapping]]] = ...) -> None: ...

class FieldError(_message.Message):
    __slots__ = ("path", "message")
    PATH_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    path: str
    message: str
    def __init__(self, path: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
