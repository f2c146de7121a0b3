"""Scores as the mean of what the engine might have written, from the log probabilities of its tokens.

For a score with the numbers n of its range, E = sum of n * p(n), where p(n) is the probability of the tokens that spell
n where the score stands, given what was written before it, made to sum to 1 over the range.

A tokenizer that has a token for ``10`` gives p at once. One that writes it as ``1`` and ``0`` does so only where the
written number begins with 1: the next token's alternatives then tell 1 from 10. Where another number was written, the
probability of the token ``1`` belongs to 1 and 10 in unknown parts; the score is then left out, unless so little is
in question that E moves by less than :data:`TOLERANCE`. A score is also left out when its numbers hold less than
:data:`COVERAGE` of the probability: what the engine meant to write there is something else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from medreward.judge.reply import Value, scan, swapped_back
from medreward.judge.types import Completion, Prompt, Token

COVERAGE: Final = 0.5
"""least probability that the numbers of a range must hold"""
TOLERANCE: Final = 0.05
"""points by which an expected score may be unsure"""

_DIGITS = re.compile(r"[0-9]+")


class _Place(NamedTuple):
    """Where a token stands in the text."""

    token: Token
    start: int
    end: int


def distributions(prompt: Prompt, completion: Completion) -> Mapping[str, Mapping[int, float]]:
    """For each score its probabilities, which sum to 1, by name as in ``Verdict.scores``; one not computable is absent.

    Raises:
        Unparseable: the completion is no reply.
    """
    if not completion.tokens or not prompt.rubric.scores:
        return {}
    places = _align(completion.text, completion.tokens)
    found = {}
    for name, value in scan(prompt, completion).values.items():
        low, high = prompt.rubric.scores[name]
        found[name] = _distribution(range(low, high + 1), value, completion.text, places)
    return {name: chances for name, chances in swapped_back(prompt, found).items() if chances}


def expected(distribution: Mapping[int, float]) -> float:
    """The mean.

    Raises:
        ValueError: there is nothing to take the mean of.
    """
    if not distribution:
        raise ValueError("an empty distribution has no mean")
    return math.fsum(number * chance for number, chance in distribution.items())


def _align(text: str, tokens: Sequence[Token]) -> list[_Place]:
    """The places of the tokens that spell the text, as far as they do.

    An engine may report a token without the blank that it stands for.
    """
    places = []
    position = 0
    for token in tokens:
        said = token.text
        if not text.startswith(said, position):
            said = said.lstrip()
            while text[position : position + 1].isspace():
                position += 1
            if not text.startswith(said, position):
                # the last one may hold more than the text, which ends before the stop string
                if said.startswith(text[position:]):
                    places.append(_Place(token, position, len(text)))
                break
        places.append(_Place(token, position, position + len(said)))
        position += len(said)
    return places


def _distribution(menu: range, value: Value, text: str, places: Sequence[_Place]) -> dict[int, float]:
    """Probability of each number of the menu; empty when it cannot be known."""
    first = next((i for i, place in enumerate(places) if place.start <= value.start < place.end), None)
    if first is None or not places[first].token.top:
        return {}
    numbers = [str(number) for number in menu]
    certain = dict.fromkeys(numbers, 0.0)
    unsure: dict[str, float] = {}  # by digits that more digits may follow
    options = [
        option for option in _options(places[first].token, text[places[first].start : value.start]) if option.digits
    ]
    # a tokenizer that has a token for a longer number does not spell such numbers digit by digit
    whole = any(len(option.digits) > 1 for option in options)
    before, weight = "", 1.0
    for place in places[first:]:
        if before:
            options = _options(place.token, "")
            weight /= math.fsum(option.chance for option in options) or math.inf
        written = value.text[: place.end - value.start]
        goes_on = 0.0
        for digits, ends, chance in options:
            number, share = before + digits, chance * weight
            if ends or not any(other != number and other.startswith(number) for other in numbers):
                certain[number] = certain.get(number, 0.0) + share
            elif number == written and place.end <= value.end:
                goes_on += share
            elif whole:
                certain[number] = certain.get(number, 0.0) + share
            else:
                unsure[number] = unsure.get(number, 0.0) + share
        before, weight = written, goes_on
        if not weight:
            break
    if weight:  # the tokens end with the number
        unsure[before] = unsure.get(before, 0.0) + weight
    return _settled({int(number): certain[number] for number in numbers}, unsure)


def _settled(certain: dict[int, float], unsure: Mapping[str, float]) -> dict[int, float]:
    total = math.fsum((*certain.values(), *unsure.values()))
    if total < COVERAGE:
        return {}
    moves = 0.0
    for digits, chance in unsure.items():
        possible = [number for number in certain if str(number).startswith(digits)]
        moves += chance * (possible[-1] - possible[0])
        certain[possible[0]] += chance
    if moves > TOLERANCE * total:
        return {}
    return {number: chance / total for number, chance in certain.items()}


class _Option(NamedTuple):
    """What could have stood at a token."""

    digits: str
    """that it begins with; empty: it goes on with something else"""
    ends: bool
    """no digit can follow"""
    chance: float


def _options(token: Token, lead: str) -> list[_Option]:
    """The alternatives to a token, by the digits after ``lead``: what the token holds before the number."""
    top = dict(token.top)
    top.setdefault(token.text, token.logprob)
    lead = lead.strip()
    options = []
    for said, logprob in top.items():
        rest = said.lstrip()
        if not rest.startswith(lead):
            continue
        rest = rest[len(lead) :].lstrip()
        digits = _DIGITS.match(rest)
        spelled = digits[0] if digits else ""
        # NaN compares as false, and has no part
        chance = math.exp(min(logprob, 0.0)) if logprob > -math.inf else 0.0
        options.append(_Option(spelled, len(rest) > len(spelled) or not spelled, chance))
    return options
