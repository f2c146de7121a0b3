"""A trajectory -> the token ids that the scorer's encoder reads.

    [CLS] question [SEP] localization : left lung base [SEP] visual analysis : ... [SEP] ... [SEP] answer : ... [SEP]

The stages stand in the order of the response, each behind its name; what is not in the response is not here. One that
comes a second time, or with the text of an earlier one, is announced by "again": a small encoder does not see by itself
that two of several sentences are the same.
Coordinates are left out and labels kept: whether a box is right is the grounding reward's to say. What a policy writes
is read as text only, so it cannot write a separator. A trajectory that is too long is cut inside its parts, and its
conclusion and answer last of all; one of very many stages loses the first of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from medreward.scorer import ScorerAsk

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

VERSION: Final = 2
"""changes when the same trajectory gets other ids; a checkpoint says which one it was trained with"""

MARKS: Final = {
    "localization": "localization",
    "visual": "visual analysis",
    "knowledge": "knowledge",
    "conclusion": "conclusion",
    "think": "reasoning",
}
"""how a stage is announced to the encoder"""

_ANSWER: Final = "answer"
_QUESTION: Final = "question"
_ENDS: Final = frozenset({"conclusion", _ANSWER})
_ALIKE: Final = {"visual", "conclusion"}
"""stages that may say the same in the same words, and be sound"""
# a token is about four characters of English; beyond this many, a part is cut before it is tokenized at all
_CHARS_PER_TOKEN: Final = 12
# JSON of boxes is several times as long as what is read of it; a trajectory beyond that is cut before it is cleaned
_RAW_PER_CHAR: Final = 6
# a match begins with the first of its brackets, spaces or digits, and gives nothing back: this takes linear time on
# whatever a policy writes, and while a pattern is at work, no other thread is
_NUMBER = r"-?\d++(?:\.\d++)?+"
_BEFORE = r"(?:(?<![(\[{])[(\[{]++\s*+|(?<!\s)\s++|(?<!\d)|(?=-))"
_COORDINATES = re.compile(rf"{_BEFORE}{_NUMBER}(?:\s*+,\s*+{_NUMBER})++\s*+[)\]}}]*+")
_KEYS = re.compile(r"""["'](?:box_2d|bbox_2d|bbox_xyxy_pixel|bbox|box|point|label)["']\s*:\s*,?""")
_SYNTAX = re.compile(r"""[{}\[\]"]|</?(?:ref|box)>|```(?:json)?""")
_SPACE = re.compile(r"\s+([,.;:)])|\s+")
_LOOSE = re.compile(r"\s*+,(?=\s*(?:[,.;:)]|$))|^\s*,\s*|\(\s*\)")


class Encoded(NamedTuple):
    """What the model reads."""

    ids: list[int]
    first: int
    """how many of ``ids`` belong to the question, with its marks; the others are the trajectory"""
    cut: str
    """what was left out, in words; empty when nothing was"""


class _Part(NamedTuple):
    name: str
    ids: list[int]
    whole: bool
    """False: ``ids`` are of the text's two ends only"""
    again: bool


def readable(stage: str) -> str:
    """The words of a stage: JSON syntax and coordinates are left out, labels stay."""
    if "[" not in stage and "{" not in stage and "<" not in stage:
        return _SPACE.sub(lambda m: m[1] or " ", stage).strip()
    text = _COORDINATES.sub(lambda m: " " if m[0][:1] in "([{" or m[0][-1:] in ")]}" else m[0], stage)
    text = _SYNTAX.sub(" ", _KEYS.sub(" ", text))
    text = _LOOSE.sub("", _SPACE.sub(lambda m: m[1] or " ", text))
    return _SPACE.sub(lambda m: m[1] or " ", text).strip(" ,;")


class Encoder:
    """Encodes asks for one tokenizer and one longest sequence. Safe to use from several threads at a time."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> None:
        """Raises ValueError when the tokenizer has no mark to begin or to separate with."""
        start = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
        separator = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
        if separator is None:
            raise ValueError("the backbone's tokenizer has neither a separator nor an end")
        self.max_tokens = max_tokens
        self.pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else separator
        self._tokenizer = tokenizer
        self._start = [] if start is None else [start]
        self._separator: list[int] = [separator]
        self._gap = self._tokenize(["..."])[0]
        self._marks = dict(zip(MARKS, self._tokenize([f"{mark} :" for mark in MARKS.values()]), strict=True))
        self._again = dict(zip(MARKS, self._tokenize([f"{mark} again :" for mark in MARKS.values()]), strict=True))
        self._marks[_ANSWER] = self._tokenize([f"{_ANSWER} :"])[0]

    def encode(self, asks: Sequence[ScorerAsk]) -> list[Encoded]:
        """Each ask, in order, in at most ``max_tokens`` ids."""
        if not asks:
            return []
        most = self.max_tokens * _CHARS_PER_TOKEN
        kept = [self._fewer(ask) for ask in asks]
        raw = [_within([text for _, text in parts], most * _RAW_PER_CHAR) for parts, _ in kept]
        texts = [[readable(text) for text, _ in parts] for parts in raw]
        tokens = iter(self._tokenize([_shorter(text, most) for each in texts for text in each]))
        encoded = []
        for (named, gone), given, each in zip(kept, raw, texts, strict=True):
            names = [name for name, _ in named]
            parts = [
                _Part(name, next(tokens), whole and len(text) <= most, again)
                for name, (_, whole), text, again in zip(names, given, each, _repeated(names, each), strict=True)
            ]
            encoded.append(self._assemble(parts, gone))
        return encoded

    def _fewer(self, ask: ScorerAsk) -> tuple[list[tuple[str, str]], list[str]]:
        """The parts to read, and the names of those for which there is no room.

        Their marks may take half of the tokens. First come question, answer and the last conclusion, then the other
        stages from the last on.
        """
        parts = [(_QUESTION, ask.question), *ask.stages, *([(_ANSWER, ask.answer)] if ask.answer else [])]
        costs = [1 + len(self._again.get(name, self._marks.get(name, ()))) for name, _ in parts]
        room = self.max_tokens // 2 - len(self._start)
        if sum(costs) <= room:
            return parts, []
        concluded = max((i for i, (name, _) in enumerate(parts) if name == "conclusion"), default=0)
        kept: set[int] = set()
        for i in dict.fromkeys([0, len(parts) - 1, concluded, *reversed(range(len(parts)))]):
            room -= costs[i]
            if room < 0:
                break
            kept.add(i)
        return [parts[i] for i in sorted(kept)], [name for i, (name, _) in enumerate(parts) if i not in kept]

    def _assemble(self, parts: list[_Part], gone: list[str]) -> Encoded:
        marks = [(self._again if part.again else self._marks).get(part.name, []) for part in parts]
        fixed = len(self._start) + sum(1 + len(mark) for mark in marks)
        kept = _fit(parts, self.max_tokens - fixed, self._gap)
        ids = [*self._start]
        first = len(ids) + len(kept[0]) + 1
        for mark, text in zip(marks, kept, strict=True):
            ids += [*mark, *text, *self._separator]
        return Encoded(ids, first, _told(parts, kept, gone))

    def _tokenize(self, texts: list[str]) -> list[list[int]]:
        # half a surrogate pair is no text to the tokenizer
        texts = [text if text.isascii() else text.encode("utf-8", "replace").decode() for text in texts]
        encoded = self._tokenizer(
            texts, add_special_tokens=False, return_attention_mask=False, split_special_tokens=True, verbose=False
        )
        ids: list[list[int]] = encoded["input_ids"]
        return ids


def _repeated(names: list[str], texts: list[str]) -> list[bool]:
    """Which parts are stages that stood before, by their name or in all of their words."""
    told: list[tuple[str, str]] = []
    found = []
    for name, text in zip(names, (text.casefold() for text in texts), strict=True):
        found.append(any(name == one or (text == said and text and {name, one} != _ALIKE) for one, said in told))
        if name in MARKS:
            told.append((name, text))
    return found


def _within(texts: list[str], most: int) -> list[tuple[str, bool]]:
    """Each text, and whether it is whole: over ``most`` characters in all, the longest are cut to equal parts."""
    sizes = [len(text) for text in texts]
    if sum(sizes) <= most:
        return [(text, True) for text in texts]
    shares = [0] * len(texts)
    _share(shares, sizes, list(range(len(texts))), most)
    return [
        (text, True) if size <= share else (_shorter(text, share), False)
        for text, size, share in zip(texts, sizes, shares, strict=True)
    ]


def _shorter(text: str, most: int) -> str:
    """The two ends of a text of more than ``most`` characters."""
    return text if len(text) <= most else f"{text[: most // 3]} ... {text[-(most - most // 3) :]}"


def _fit(parts: list[_Part], budget: int, gap: list[int]) -> list[list[int]]:
    """The ids kept of each part, ``budget`` in all.

    Conclusion and answer come first, with up to half of it; then the question, with a quarter of what is left and all
    that the other stages do not need; these share the rest by length. What is left then is for conclusion and answer.
    """
    sizes = [len(part.ids) for part in parts]
    if sum(sizes) <= budget:
        return [part.ids for part in parts]
    ends = [i for i, part in enumerate(parts) if part.name in _ENDS]
    others = [i for i in range(1, len(parts)) if i not in ends]
    shares = [0] * len(parts)
    left = budget - _share(shares, sizes, ends, budget // 2 if others else budget * 3 // 4)
    asked = min(sizes[0], left // 4)
    left -= _share(shares, sizes, others, left - asked)
    shares[0] = min(sizes[0], left)
    _share(shares, sizes, ends, budget - sum(shares) + sum(shares[i] for i in ends))
    return [_ends(part.ids, share, gap, part.name) for part, share in zip(parts, shares, strict=True)]


def _told(parts: list[_Part], kept: list[list[int]], gone: list[str]) -> str:
    """What was left out, in words; empty when nothing was."""
    cut = dict.fromkeys(
        part.name for part, ids in zip(parts, kept, strict=True) if not part.whole or len(ids) < len(part.ids)
    )
    if not cut and not gone:
        return ""
    # what was not tokenized was not counted
    more = "more than " if gone or not all(part.whole for part in parts) else ""
    told = [f"{sum(map(len, kept))} of {more}{sum(len(part.ids) for part in parts)} tokens read"]
    told += [f"cut in {', '.join(cut)}"] if cut else []
    told += [f"{len(gone)} stages left out"] if gone else []
    whole = any(part.name in _ENDS for part in parts) and not _ENDS.intersection([*cut, *gone])
    return ", ".join(told) + ("; conclusion and answer are whole" if whole else "")


def _share(shares: list[int], sizes: list[int], which: list[int], budget: int) -> int:
    """Gives the parts ``which`` equal shares of the budget, none more than it needs; returns what they took."""
    left = budget
    for done, i in enumerate(sorted(which, key=lambda i: sizes[i])):
        shares[i] = min(sizes[i], left // (len(which) - done))
        left -= shares[i]
    return budget - left


def _ends(ids: list[int], share: int, gap: list[int], name: str) -> list[int]:
    """Both ends of a part: what it opens with, and more of what it comes to."""
    if share >= len(ids):
        return ids
    room = share - len(gap)
    if room <= 0:
        return ids[len(ids) - share :]
    head = room // 2 if name == _QUESTION else room // 3
    return [*ids[:head], *gap, *ids[len(ids) - (room - head) :]]
