"""Closed-ended answers: yes or no.

The reader of choices reads these too, over two options named by words. An answer that opens with "No ..." says no
("No evidence of effusion"), a "no" further on belongs to its noun ("Yes, no effusion is seen"), and "no doubt" or "no
information" is no answer. "Not yes" rejects without asserting; a lone letter means nothing without its options.
"""

from __future__ import annotations

from medreward.remember import remember

from .options import Keys, Lexicon
from .reading import Reading, read
from .text import MAX_CHARS, normalize
from .verdict import BadReference, Verdict
from .vocabulary import IDIOMS

_YES: Keys = frozenset(["yes"])
_NO: Keys = frozenset(["no"])

# True and false judge as often as they answer, so they are soft: they count by themselves or as "the answer is true".
_WORDS: dict[str, tuple[Keys, bool]] = {
    **dict.fromkeys(("yes", "yeah", "yep", "yup", "affirmative"), (_YES, False)),
    **dict.fromkeys(("true", "correct"), (_YES, True)),
    **dict.fromkeys(("nope", "nah"), (_NO, False)),
    **dict.fromkeys(("no", "false", "incorrect"), (_NO, True)),
}
_LONE = {"y": _YES, "n": _NO}

LEXICON = Lexicon(
    keys={},
    phrases={word: (((word,), keys, soft),) for word, (keys, soft) in _WORDS.items()},
    own={},
    everything=_YES | _NO,
    whole={},
    bare={
        form.format(spelling): keys
        for word, keys in ({word: keys for word, (keys, _) in _WORDS.items()} | _LONE).items()
        for spelling in (word, word.capitalize(), word.upper())
        for form in ("{}", "{}.")
    },
    triggers=frozenset(_WORDS) | frozenset(IDIOMS),
    closed=True,
    small=True,
    no=_NO,
)
_REFERENCES: dict[str, Keys] = {"yes": _YES, "true": _YES, "no": _NO, "false": _NO}
_FLAWS = {
    "empty": "empty answer",
    "nothing": "says neither yes nor no",
    "hedged": "hedged",
    "contradicted": "says yes and no",
    "retracted": "takes its answer back",
}


def read_closed(answer: str) -> Reading:
    """What an answer says to a yes/no question; ``chosen`` holds "yes" or "no"."""
    return read(answer, LEXICON)


def yes_no(answer: str) -> bool | None:
    """True for yes, False for no, None where the answer says neither, both, or takes it back."""
    chosen = read_closed(answer).chosen
    return "yes" in chosen if len(chosen) == 1 else None


@remember(256, longest=64)
def _reference(text: str) -> Keys:
    found = _REFERENCES.get(normalize(text)) if len(text) <= MAX_CHARS else None
    if found is None:
        raise BadReference("reference.answer", "a closed-ended reference is yes or no")
    return found


def match_yes_no(answer: str, reference: str) -> Verdict:
    """1.0 when the answer says what the reference says (yes or no, in any case, or true or false)."""
    expected = _reference(reference)
    reading = read_closed(answer)
    (want,) = expected
    if len(reading.chosen) == 1:
        (said,) = reading.chosen
        return Verdict(1.0 if said == want else 0.0, f"says {said}, reference {want}")
    if reading.chosen:
        return Verdict(0.0, "says yes and no")
    if reading.flaw == "rejected":
        return Verdict(0.0, f"rejects {' and '.join(sorted(reading.involved))} and says nothing else")
    return Verdict(0.0, _FLAWS[reading.flaw])
