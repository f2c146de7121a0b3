"""Bodies of requests that are nearly right: wrong types, huge numbers, halves of characters, depth, repeated keys."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import strategies as st

from tests.fuzz.grammar import texts

RAW: Final = [
    *(
        "1e400",
        "-1e400",
        "1" + "0" * 5000,
        "1.0",
        "1e2",
        "-0",
        "1.5",
        "NaN",
        "Infinity",
        "-",
        "01",
        "1.",
        "true",
        "null",
    ),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\\\ud800"', '"\\u0000"', '"\\', '"\x00"', '""', "[]", "{}", '{"a":1,"a":2}'),
    *("[" * 5000, '{"a":' * 5000, "[" * 5000 + "]" * 5000, '"x - at `$.a[...]"', '"' + "a" * 6000 + '"', str(2**63)),
    *(str(2**64), str(-(2**63)), "336", "[1,2,3,4]", "[1e308,0,1e308,1]"),
]
"""values as JSON would have them, or would not"""
_NAMES: Final = [
    *("recipe", "components", "deadline_ms", "explain", "rollouts", "id", "group_id", "question", "question_type"),
    *("choices", "context", "response", "retry", "reference", "image", "box_space", "self_check", "answer", "regions"),
    *(
        "label",
        "box",
        "width",
        "height",
        "items",
        "fields",
        "rubric",
        "candidate",
        "x - at `$.a[...]",
        "a" * 3000,
        "",
        "\\ud800",
    ),
]
_SOUND: Final = (
    '{"recipe": "gemex", "deadline_ms": 1000, "rollouts": [{"id": "r", "question": "q",'
    ' "question_type": "single_choice", "choices": {"A": "x", "B": "y"}, "response": "B",'
    ' "reference": {"answer": "B", "regions": [{"label": "l", "box": [1.0, 2, 3, 4]}]},'
    ' "image": {"width": 336, "height": 336}, "box_space": "pixel", "retry": {"self_check": "s", "response": "A"}}]}'
)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f'"{name}":{_written(one)}' for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return str(value)


def _objects() -> st.SearchStrategy[str]:
    quoted = texts().map(lambda text: json.dumps(text))
    leaf = st.sampled_from(RAW) | quoted
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
        max_leaves=12,
    ).map(_written)


def _changed() -> st.SearchStrategy[bytes]:
    """A sound body with some places written over."""
    places = st.lists(st.tuples(st.integers(0, len(_SOUND)), st.integers(0, 6), st.sampled_from([*RAW, ",", '"', "}"])))

    def change(edits: list[tuple[int, int, str]]) -> bytes:
        body = _SOUND
        for at, drop, put in edits[:3]:
            body = body[:at] + put + body[at + drop :]
        return body.encode("utf-8", "surrogatepass")

    return places.map(change)


def _valued() -> st.SearchStrategy[bytes]:
    """A sound body with one value exchanged."""
    values = ['"gemex"', "1000", '"r"', '"B"', "336", "[1.0, 2, 3, 4]", '"pixel"', '{"A": "x", "B": "y"}', '"q"']
    return st.tuples(st.sampled_from(values), _objects()).map(
        lambda both: _SOUND.replace(both[0], both[1], 1).encode("utf-8", "surrogatepass")
    )


def bodies() -> st.SearchStrategy[bytes]:
    """What a client might send."""
    written = _objects().map(lambda text: text.encode("utf-8", "surrogatepass"))
    return written | _changed() | _valued() | st.binary(max_size=200)
