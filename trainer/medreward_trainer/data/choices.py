"""Options of a question, and the letters of the right ones, in the ways that data sets write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase

_LABELLED = re.compile(r"\s*\(?([A-Z])\s*[).:]\s*(.*\S)\s*", re.DOTALL)
_BEFORE_LABEL = re.compile(r"(?:[,;\n]\s*|\s+|^)(?:-\s*)?(?=\(?[A-Z]\s*[).:](?:\s|$))")
_JOINT = re.compile(r"\s*(?:[,;/&]|\band\b)\s*")


class ChoicesError(ValueError):
    """These are no options; the message says why."""


def lettered(texts: Sequence[str]) -> dict[str, str]:
    """Options without letters, lettered in their order.

    Raises:
        ChoicesError: one is empty, two are equal, or there are more than letters.
    """
    if len(texts) > len(ascii_uppercase):
        raise ChoicesError("more options than the alphabet has letters")
    stripped = [text.strip() for text in texts]
    if not all(stripped) or len({text.casefold() for text in stripped}) < len(stripped):
        raise ChoicesError("options that are empty or equal")
    return dict(zip(ascii_uppercase, stripped, strict=False))


def read_choices(value: Mapping[str, str] | Sequence[str] | str) -> dict[str, str]:
    """Options as letter -> text, from a map, a list with or without letters, or ``[A: this, B: that]``.

    Raises:
        ChoicesError: they are not lettered from A on, one is empty, or two are equal.
    """
    if isinstance(value, str):
        text = value.strip()
        inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        value = [part for part in _BEFORE_LABEL.split(inner) if part.strip()]
    if isinstance(value, Mapping):
        pairs = sorted((key.strip().upper(), text) for key, text in value.items())
    else:
        found = [_LABELLED.fullmatch(text) for text in value]
        if not any(found):
            return lettered(value)
        pairs = [(match[1], match[2]) for match in found if match is not None]
        if len(pairs) < len(found):
            raise ChoicesError("only some options have letters")
    if [letter for letter, _ in pairs] != list(ascii_uppercase[: len(pairs)]):
        raise ChoicesError("options that are not lettered from A on")
    return lettered([text.rstrip(" ,;") for _, text in pairs])


def right_letters(answer: str | Sequence[str], choices: Mapping[str, str]) -> list[str] | None:
    """The letters that an answer names, in the options' order; None when something of it is no option.

    An option is named by its letter, its text, or both (``B: Clear``); several as a list, joined by commas or "and",
    or run together (``ACD``).
    """
    if not isinstance(answer, str):
        parts = [right_letters(part, choices) for part in answer]
        if not parts or any(part is None for part in parts):
            return None
        named = {letter for part in parts for letter in part or ()}
        return [letter for letter in choices if letter in named]
    by_text = {text.casefold(): letter for letter, text in choices.items()}
    one = _one(answer, choices, by_text)
    if one is not None:
        return [one]
    bare = answer.strip()
    if bare and set(bare) <= set(choices) and len(set(bare)) == len(bare):
        return [letter for letter in choices if letter in bare]
    found = [_one(part, choices, by_text) for part in _JOINT.split(answer)]
    return None if None in found else [letter for letter in choices if letter in found]


def _one(text: str, choices: Mapping[str, str], by_text: Mapping[str, str]) -> str | None:
    bare = text.strip().strip("()[]*").rstrip(".").strip()
    if bare.upper() in choices:
        return bare.upper()
    if (letter := by_text.get(bare.casefold())) is not None:
        return letter
    labelled = _LABELLED.fullmatch(text)
    if labelled is None or labelled[1] not in choices:
        return None
    said = labelled[2].rstrip(".").casefold()
    return labelled[1] if said == choices[labelled[1]].rstrip(".").casefold() else None
