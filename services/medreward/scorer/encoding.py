"""A trajectory -> the token ids that the scorer's encoder reads.

    [CLS] question [SEP] localization : left lung base [SEP] visual analysis : ... [SEP] ... [SEP] answer : ... [SEP]

The stages stand in the order of the response, each behind its name; what is not in the response is not here.
Coordinates are left out and labels kept: whether a box is right is the grounding reward's to say. What a policy writes
is read as text only, so it cannot write a separator. A trajectory that is too long is cut inside its parts, and its
conclusion and answer last of all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from medreward.scorer import ScorerAsk

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

VERSION: Final = 1
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
# a token is about four characters of English; beyond this many, a part is cut before it is tokenized at all
_CHARS_PER_TOKEN: Final = 12
_COORDINATES = re.compile(r"[(\[{]*\s*-?\d+(?:\.\d+)?(?:\s*,\s*-?\d+(?:\.\d+)?)+\s*[)\]}]*")
_KEYS = re.compile(r"""["'](?:box_2d|bbox_2d|bbox_xyxy_pixel|bbox|box|point|label)["']\s*:\s*,?""")
_SYNTAX = re.compile(r"""[{}\[\]"]|</?(?:ref|box)>|```(?:json)?""")
_SPACE = re.compile(r"\s+([,.;:)])|\s+")
_LOOSE = re.compile(r"(?:\s*,)+(?=\s*(?:[,.;:)]|$))|^\s*,\s*|\(\s*\)")


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
        self._marks[_ANSWER] = self._tokenize([f"{_ANSWER} :"])[0]

    def encode(self, asks: Sequence[ScorerAsk]) -> list[Encoded]:
        """Each ask, in order, in at most ``max_tokens`` ids."""
        most = self.max_tokens * _CHARS_PER_TOKEN
        names: list[list[str]] = []
        texts: list[str] = []
        for ask in asks:
            named = [(_QUESTION, ask.question), *ask.stages, *([(_ANSWER, ask.answer)] if ask.answer else [])]
            names.append([name for name, _ in named])
            texts += [_shorter(readable(text), most) for _, text in named]
        tokens = iter(self._tokenize(texts))
        return [self._assemble([_Part(name, next(tokens)) for name in each]) for each in names]

    def _assemble(self, parts: list[_Part]) -> Encoded:
        fixed = len(self._start) + sum(1 + len(self._marks.get(part.name, ())) for part in parts)
        kept, cut = _fit(parts, self.max_tokens - fixed, self._gap)
        ids = [*self._start, *kept[0], *self._separator]
        first = len(ids)
        for part, text in zip(parts[1:], kept[1:], strict=True):
            ids += self._marks.get(part.name, [])
            ids += text
            ids += self._separator
        if len(ids) > self.max_tokens:
            # so many stages that their marks alone do not fit: the end, with conclusion and answer, is kept
            ids = ids[:first] + ids[first + len(ids) - self.max_tokens :]
            cut = cut or "stages"
        return Encoded(ids, first, cut)

    def _tokenize(self, texts: list[str]) -> list[list[int]]:
        # half a surrogate pair is no text to the tokenizer
        texts = [text if text.isascii() else text.encode("utf-8", "replace").decode() for text in texts]
        encoded = self._tokenizer(
            texts, add_special_tokens=False, return_attention_mask=False, split_special_tokens=True, verbose=False
        )
        ids: list[list[int]] = encoded["input_ids"]
        return ids


def _shorter(text: str, most: int) -> str:
    """The two ends of a text of more than ``most`` characters."""
    return text if len(text) <= most else f"{text[: most // 3]} ... {text[-(most - most // 3) :]}"


def _fit(parts: list[_Part], budget: int, gap: list[int]) -> tuple[list[list[int]], str]:
    """The ids kept of each part, ``budget`` in all, and what was cut, in words.

    Conclusion and answer come first, with up to half of it; then the question, with a quarter of what is left and all
    that the other stages do not need; these share the rest by length.
    """
    sizes = [len(part.ids) for part in parts]
    budget = max(0, budget)
    if sum(sizes) <= budget:
        return [part.ids for part in parts], ""
    ends = [i for i, part in enumerate(parts) if part.name in ("conclusion", _ANSWER)]
    others = [i for i in range(1, len(parts)) if i not in ends]
    shares = [0] * len(parts)
    left = budget - _share(shares, sizes, ends, budget // 2 if others else budget * 3 // 4)
    asked = min(sizes[0], left // 4)
    left -= _share(shares, sizes, others, left - asked)
    shares[0] = min(sizes[0], left)
    kept = [_ends(part.ids, share, gap, part.name) for part, share in zip(parts, shares, strict=True)]
    names = list(dict.fromkeys(part.name for part, share in zip(parts, shares, strict=True) if share < len(part.ids)))
    whole = "" if any(name in ("conclusion", _ANSWER) for name in names) else "; conclusion and answer are whole"
    return kept, f"{budget} of {sum(sizes)} tokens read, cut in {', '.join(names)}{whole if ends else ''}"


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
