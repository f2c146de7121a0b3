"""Makes a prompt of a rubric and its fields.

The rubric's text is filled in one pass: a field that itself says ``{{candidate}}`` is not filled again. Each field
stands alone between two fence lines, cleaned (``clean.py``), whatever it holds. A reply names the scores first and the
reason last, so that an engine may stop when the scores are there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from medreward.judge.clean import CLOSE, OPEN, clean
from medreward.judge.rubrics import FieldKind, Rubric
from medreward.judge.rubrics.check import OPTIONS, PLACE, REPLY
from medreward.judge.types import Message, Prompt

VERDICT = "verdict"
"""key of the letter in the reply to a rubric with options"""
REASON = "reason"
"""the last key of every reply"""

_SLACK = 24
"""tokens beyond the reply itself, for blanks and line breaks where nothing constrains the engine"""


class TextLimits(NamedTuple):
    """How long a text may be, in characters."""

    answer_chars: int = 2000
    context_chars: int = 8000
    text_chars: int = 4000
    reason_chars: int = 400

    def of(self, kind: FieldKind) -> int:
        """The limit of a field of this kind."""
        return {"answer": self.answer_chars, "context": self.context_chars, "text": self.text_chars}[kind]


class FieldProblem(ValueError):
    """A field is missing, unknown or blank; the message says which of these."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def render(
    rubric: Rubric,
    fields: Mapping[str, str],
    *,
    swapped: bool = False,
    order: str = "shared",
    explain: bool = False,
    early_stop: bool = True,
    limits: TextLimits | None = None,
    top_logprobs: int = 0,
) -> Prompt:
    """The prompt that asks for one judgement.

    Args:
        rubric: what is asked.
        fields: its fields' texts, as they came.
        swapped: the texts of the rubric's two answers exchange their places.
        order: of the prompt; a rubric without it is asked in its first.
        explain: the reason is wanted, so the reply is written to its end.
        early_stop: otherwise the reply ends after the last score, or the letter.
        limits: lengths; none: the defaults of :class:`TextLimits`.
        top_logprobs: alternatives to report for each token.

    Raises:
        FieldProblem: a field that is missing, unknown, or blank and must not be.
        ValueError: ``swapped``, and the rubric has no two answers to exchange.
    """
    limits = limits or TextLimits()
    if swapped and rubric.swap is None:
        raise ValueError(f"rubric {rubric.name}: it has no two answers that could exchange their places")
    texts, cut = _cleaned(rubric, fields, limits)
    placed = {name: text or rubric.fields[name].absent or "" for name, text in texts.items()}
    if swapped and rubric.swap is not None:
        first, second = rubric.swap
        placed[first], placed[second] = placed[second], placed[first]
    fill = {name: f"{OPEN}\n{text}\n{CLOSE}" for name, text in placed.items()}
    fill[REPLY] = reply_form(rubric)
    fill[OPTIONS] = "\n".join(f"{letter}. {label}" for letter, label in rubric.options.items())
    written = rubric.texts.get(order) or rubric.texts[rubric.orders[0]]
    user = Message("user", _filled(written.user, fill))
    messages = (Message("system", _filled(written.system, fill)), user) if written.system else (user,)
    stops = early_stop and not explain
    return Prompt(
        rubric=rubric,
        fields=texts,
        swapped=swapped,
        messages=messages,
        constraint=constraint(rubric, limits.reason_chars),
        begins=begins(rubric),
        # The constraint stays the whole reply's: up to the stop the engine is held to the same grammar by the same
        # prompt, so it writes the same tokens, and the scores are those of the whole reply by construction.
        stop=(_stop(rubric),) if stops else (),
        max_tokens=_tokens(rubric, 0 if stops else limits.reason_chars),
        top_logprobs=top_logprobs,
        cut=cut,
    )


def _cleaned(rubric: Rubric, fields: Mapping[str, str], limits: TextLimits) -> tuple[dict[str, str], tuple[str, ...]]:
    for name in fields:
        if name not in rubric.fields:
            raise FieldProblem(name, f"unknown field, the rubric {rubric.name} has {', '.join(rubric.fields)}")
    texts: dict[str, str] = {}
    cut = []
    for name, spec in rubric.fields.items():
        if spec.required and name not in fields:
            raise FieldProblem(name, f"required by the rubric {rubric.name}")
        texts[name], was_cut = clean(fields.get(name, ""), limits.of(spec.kind))
        if not texts[name] and spec.absent is None:
            raise FieldProblem(name, "must not be blank")
        if was_cut:
            cut.append(name)
    return texts, tuple(cut)


def _filled(text: str, fill: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: fill[place[1]], text)


def reply_form(rubric: Rubric) -> str:
    """The reply as the prompt asks for it: ``{"assistant1":<1 to 10>,...,"reason":"<your reason>"}``.

    Without blanks, which would be a quarter of the tokens before the last score and say nothing.
    """
    if rubric.scores:
        asked = [f'"{name}":<{low} to {high}>' for name, (low, high) in rubric.scores.items()]
    else:
        asked = [f'"{VERDICT}":"<{" or ".join(rubric.options)}>"']
    return "{" + ",".join((*asked, f'"{REASON}":"<your reason>"')) + "}"


def begins(rubric: Rubric) -> str:
    """The reply up to its first score, or its letter: the same for all replies, so an engine may be given it."""
    if rubric.scores:
        return f'{{"{next(iter(rubric.scores))}":'
    return f'{{"{VERDICT}":"'


def constraint(rubric: Rubric, reason_chars: int) -> str:
    """Regular expression of the whole reply; the reason holds no quote, backslash or control character."""
    if rubric.scores:
        asked = [f'"{name}":({_numbers(low, high)})' for name, (low, high) in rubric.scores.items()]
    else:
        asked = [f'"{VERDICT}":"[{"".join(rubric.options)}]"']
    return r"\{" + ",".join((*asked, rf'"{REASON}":"[^"\\\x00-\x1f]{{0,{reason_chars}}}"')) + r"\}"


def _numbers(low: int, high: int) -> str:
    """``10|[1-9]`` for 1 to 10."""
    digits = [number for number in range(low, high + 1) if number < 10]
    longer = [str(number) for number in range(high, max(low, 10) - 1, -1)]
    return "|".join(longer + ([f"[{digits[0]}-{digits[-1]}]"] if digits else []))


def _stop(rubric: Rubric) -> str:
    # The shortest beginning of the key "reason" that no earlier key has. It matches however an unconstrained engine
    # spaces its reply, and comes one token before the key is written out.
    key = f'"{REASON}"'
    earlier = [f'"{name}"' for name in (rubric.scores or (VERDICT,))]
    return next(
        key[:length] for length in range(2, len(key) + 1) if not any(name.startswith(key[:length]) for name in earlier)
    )


def _tokens(rubric: Rubric, reason_chars: int) -> int:
    # A tokenizer may need a token for each byte of the keys and numbers. For a reason two tokens a character are
    # enough in any script with a real tokenizer; where they are not, its end is lost and the scores are not.
    longest = re.sub(r"<(?:\d+ to (\d+)|[^>]*)>", r"\1", reply_form(rubric))
    return len(longest.encode()) + _SLACK + 2 * reason_chars
