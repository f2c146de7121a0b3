"""The reply to a prompt, character by character: the values it names, and where they stand.

A reply is read from its first character to its last, never searched: whatever a candidate planted and the engine
repeated, a second verdict, or any word beside the JSON makes it no reply. What constrains an engine loosely or not at
all may differ in white space and may wrap the whole in one code fence; nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeVar

from medreward.contract.errors import ServiceError
from medreward.judge.clean import CUT, visible
from medreward.judge.prompt import REASON, VERDICT
from medreward.judge.types import Completion, Prompt

_QUOTED: Final = 80
"""characters of an unreadable reply that are repeated in the detail"""

_W = r"[ \t\r\n]*+"
_START = re.compile(rf"{_W}(?P<fence>```(?:json)?[ \t]*+\r?\n{_W})?\{{{_W}", re.IGNORECASE)
_NEXT = re.compile(rf"{_W},{_W}")
_COLON = re.compile(rf"{_W}:{_W}")
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[^\s,{}"]++')
_BODY = r'"(?P<body>(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+)'
_ENDING = re.compile(rf'(?:{_W},{_W}"{REASON}"{_W}:{_W}{_BODY}")?{_W}\}}{_W}(?P<fence>```{_W})?\Z')
_BEGUN = re.compile(rf'{_W}:{_W}(?:{_BODY}(?:\\(?:u[0-9a-fA-F]{{0,3}})?|"{_W})?)?\Z')
_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")
_LETTER = re.compile(r'"([A-Z])"')


class Unparseable(ServiceError):
    """What the engine wrote is no verdict; the detail says why, and quotes the beginning of it."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__("unparseable_verdict", f"{why}; the engine wrote {_quote(text)}")


class Value(NamedTuple):
    """A value as written."""

    text: str
    """the digits, or the letter"""
    start: int
    """offset of its first character in the completion's text"""
    end: int


class Reply(NamedTuple):
    """What a reply says, on the rubric's menu."""

    values: dict[str, Value]
    """by key, in order: of the scores as they stand in the prompt, or of the letter"""
    reason: str | None
    """none where decoding stopped before it"""


def scan(prompt: Prompt, completion: Completion) -> Reply:
    """Reads a completion as the reply to its prompt.

    Raises:
        Unparseable: it is not the reply, from its first character to its last, or a value is not on the menu.
    """
    text, finish = completion.text, completion.finish
    if finish not in ("stop", "length"):
        raise Unparseable(f"the engine ended with {finish!r}", text)
    if not text.strip():
        raise Unparseable("nothing was written", text)
    start = _START.match(text)
    if start is None:
        raise Unparseable("it does not begin as the reply", text)
    values, end = _values(prompt, text, start.end(), cut=finish == "length")
    return Reply(values, _reason(prompt, completion, end, fenced=start["fence"] is not None))


_T = TypeVar("_T")


def swapped_back(prompt: Prompt, by_name: Mapping[str, _T]) -> dict[str, _T]:
    """What belongs to each score, where its answer stood in the other's place."""
    if not prompt.swapped:
        return dict(by_name)
    first, second, *_ = by_name
    return {**by_name, first: by_name[second], second: by_name[first]}


def _values(prompt: Prompt, text: str, position: int, *, cut: bool) -> tuple[dict[str, Value], int]:
    values: dict[str, Value] = {}
    for key in prompt.rubric.scores or (VERDICT,):
        if values and (comma := _NEXT.match(text, position)) is not None:
            position = comma.end()
        elif values:
            raise Unparseable(f"a comma and {key} were expected at character {position + 1}", text)
        named = f'"{key}"'
        colon = _COLON.match(text, position + len(named)) if text.startswith(named, position) else None
        if colon is None:
            raise Unparseable(f"{key} was expected at character {position + 1}", text)
        found = _VALUE.match(text, colon.end())
        if found is None or (cut and found.end() == len(text)):
            # a number that ends where the tokens ended may have gone on: 1 of 10
            raise Unparseable(f"it ends before {key} is complete" if cut else f"{key} has no value", text)
        values[key] = _on_menu(prompt, key, found, text)
        position = found.end()
    return values, position


def _on_menu(prompt: Prompt, key: str, found: re.Match[str], text: str) -> Value:
    rubric = prompt.rubric
    if rubric.scores:
        low, high = rubric.scores[key]
        if not _WHOLE_NUMBER.fullmatch(found[0]) or not low <= int(found[0]) <= high:
            raise Unparseable(f"{key} is {_quote(found[0], 20)}, not a whole number from {low} to {high}", text)
        return Value(found[0], found.start(), found.end())
    letter = _LETTER.fullmatch(found[0])
    if letter is None or letter[1] not in rubric.options:
        raise Unparseable(f"{key} is {_quote(found[0], 20)}, not one of {', '.join(rubric.options)}", text)
    return Value(letter[1], found.start() + 1, found.end() - 1)


def _reason(prompt: Prompt, completion: Completion, position: int, *, fenced: bool) -> str | None:
    """The reason, after what must follow the last value was seen to follow it."""
    text = completion.text
    ending = _ENDING.match(text, position)
    if ending is not None and (ending["fence"] is not None) == fenced:
        if ending["body"] is None and not prompt.stop:
            raise Unparseable("the reason is missing", text)
        return None if ending["body"] is None else _plain(ending["body"])
    if not prompt.stop and completion.finish != "length":
        raise Unparseable("it does not end as the reply", text)
    if position == len(text.rstrip()):
        # nothing shows that the value was finished: 1 may have been on its way to 10
        raise Unparseable("it ends with its last value", text)
    comma = _NEXT.match(text, position)
    rest = text[comma.end() :] if comma else "?"
    key = f'"{REASON}"'
    if key.startswith(rest):
        return None
    begun = _BEGUN.match(rest, len(key)) if rest.startswith(key) else None
    if begun is None:
        raise Unparseable("something else follows its last value", text)
    return None if begun["body"] is None else _plain(begun["body"]) + CUT


def _plain(body: str) -> str:
    """A string as JSON writes it, without what shows nothing; half a surrogate pair cannot be sent on."""
    written: str = json.loads(f'"{body}"')
    return visible(written)


def _quote(text: str, most: int = _QUOTED) -> str:
    text = visible(text[: 4 * most])
    return repr(text if len(text) <= most else text[:most] + " …")
