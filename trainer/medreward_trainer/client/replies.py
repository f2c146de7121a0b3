"""Whether a reply is one to what was asked."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import inspect

from medreward.contract import STATUSES, Component, Result, Rollout, ScoreResponse
from medreward_trainer.client.errors import Failure

_decoder = msgspec.json.Decoder(ScoreResponse)
_KNOWN = frozenset(STATUSES)


def decode(content: bytes, url: str) -> ScoreResponse:
    """A reply from its JSON. Fields that this version of the contract does not know are passed over.

    The contract's structs refuse such fields, as is right for requests; a service that is newer than a running
    training must not end it. (Protobuf passes over them by itself.)

    Raises:
        Failure: it is none.
    """
    try:
        try:
            return _decoder.decode(content)
        except msgspec.ValidationError:
            # slower, and what is wrong in other ways is refused again
            return msgspec.convert(_known(msgspec.json.decode(content), _shape()), ScoreResponse)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_a_reply(url, error) from None


def not_a_reply(url: str, error: Exception) -> Failure:
    """What stands at ``url`` speaks another language."""
    return Failure("unavailable", f"{url} does not reply as a reward service does: {error}")


@functools.cache
def _shape() -> inspect.Type:
    return inspect.type_info(ScoreResponse)


def _known(value: Any, shape: inspect.Type) -> Any:
    """``value`` with only the fields that ``shape`` has, at every depth."""
    if isinstance(shape, inspect.UnionType):
        inner = [one for one in shape.types if not isinstance(one, inspect.NoneType)]
        return _known(value, inner[0]) if len(inner) == 1 else value
    if isinstance(shape, inspect.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field.type for field in shape.fields}
        return {name: _known(one, fields[name]) for name, one in value.items() if name in fields}
    if isinstance(shape, inspect.ListType) and isinstance(value, list):
        return [_known(one, shape.item_type) for one in value]
    if isinstance(shape, inspect.DictType) and isinstance(value, dict):
        return {name: _known(one, shape.value_type) for name, one in value.items()}
    return value


def check(response: ScoreResponse, rollouts: Sequence[Rollout], url: str) -> None:
    """That there is one sound result for each rollout, in their order.

    Raises:
        Failure: there is not; nothing of such a reply is used.
    """
    if len(response.results) != len(rollouts):
        problem = f"{len(response.results)} results for {len(rollouts)} rollouts"
        raise Failure("unavailable", f"{url}: the reply has {problem}")
    for result, rollout in zip(response.results, rollouts, strict=True):
        problem = f"the result of {result.id[:80]!r}" if result.id != rollout.id else _unsound(result)
        if problem:
            raise Failure("unavailable", f"{url}: the reply has for rollout {rollout.id!r} {problem}")


def _unsound(result: Result) -> str:
    """What is wrong with a result; empty when nothing is. A failure is never a number, nor is a number a failure."""
    if result.reward is not None and not math.isfinite(result.reward):
        return f"the reward {result.reward}"
    for name, component in result.components.items():
        if problem := _of_component(component):
            return f"{problem} of {name[:80]!r}"
        if result.reward is not None and component.status != "ok" and component.weight and not component.applies_to:
            return f"a reward without its component {name[:80]!r}"
    return ""


def _of_component(component: Component) -> str:
    if component.status not in _KNOWN:
        return f"the unknown status {component.status[:40]!r}"
    if (component.value is not None) != (component.status == "ok"):
        return f"a value that contradicts the status {component.status!r}"
    if component.value is not None and not math.isfinite(component.value):
        return f"the value {component.value}"
    return ""
