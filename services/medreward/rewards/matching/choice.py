"""Choice answers: one option of several, or a set of them."""

from __future__ import annotations

from collections.abc import Mapping

from .options import Keys, Lexicon, lexicon_of
from .reading import Reading, read
from .reference import several_reference, single_reference
from .verdict import Verdict, names


def chosen_options(answer: str, choices: Mapping[str, str]) -> tuple[Keys, str]:
    """The set of options an answer stands by, and in words how it came to that; the set may be empty."""
    lexicon = lexicon_of(choices)
    reading = read(answer, lexicon)
    return reading.chosen, _told(reading, lexicon)


def chosen_option(answer: str, choices: Mapping[str, str]) -> tuple[str | None, str]:
    """The one option an answer stands by, or None, and why."""
    chosen, told = chosen_options(answer, choices)
    return (next(iter(chosen)), told) if len(chosen) == 1 else (None, told)


def match_choice(answer: str, choices: Mapping[str, str], reference: str) -> Verdict:
    """1.0 when the answer asserts exactly one option and it is the reference, else 0.0.

    Raises ``BadReference`` when the choices make no sense or the reference is not exactly one of them.
    """
    lexicon = lexicon_of(choices)
    expected = single_reference(reference, lexicon)
    reading = read(answer, lexicon)
    if len(reading.chosen) == 1:
        return _compared(reading.chosen, expected)
    return Verdict(0.0, _told(reading, lexicon))


def match_choices(answer: str, choices: Mapping[str, str], reference: str) -> Verdict:
    """1.0 when the answer asserts exactly the set of options in the reference, else 0.0.

    Raises ``BadReference`` when the choices make no sense or the reference names something else.
    """
    lexicon = lexicon_of(choices)
    expected = several_reference(reference, lexicon)
    reading = read(answer, lexicon)
    if reading.chosen:
        return _compared(reading.chosen, expected)
    return Verdict(0.0, _told(reading, lexicon))


def _compared(chosen: Keys, expected: Keys) -> Verdict:
    return Verdict(1.0 if chosen == expected else 0.0, f"chose {names(chosen)}, reference {names(expected)}")


def _told(reading: Reading, lexicon: Lexicon) -> str:
    who = names(reading.involved)
    if reading.chosen:
        return f"{'chose' if len(reading.chosen) == 1 else 'asserts'} {names(reading.chosen)}"
    if reading.flaw == "empty":
        return "empty answer"
    if reading.flaw == "hedged":
        return f"hedged: {' or '.join(sorted(reading.involved))}" if who else "hedged"
    if reading.flaw == "contradicted":
        return f"contradicts itself about {who}"
    if reading.flaw == "retracted":
        return f"takes back {who}"
    if reading.flaw == "foreign":
        return f"chose {who}: not an option"
    if reading.flaw == "rejected":
        return f"chose nothing: only rejects {who}"
    return "chose nothing: no option is asserted"
