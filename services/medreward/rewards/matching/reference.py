"""References: the right options as the data set wrote them.

"B", "(b)", "B. Clear", "Clear"; for several "A, C", "A and C", "[A,C]", "AC", "Opacity, Effusion". Unlike an answer, a
reference has to be nothing else: whatever does not parse to the last character is a ``BadReference``.
"""

from __future__ import annotations

from medreward.remember import remember

from .options import Keys, Lexicon
from .text import MAX_CHARS, clean, normalize
from .tokens import words_of
from .verdict import BadReference, names
from .vocabulary import PLAIN_LABEL_NOUNS

_JOINTS = frozenset(",;/&|+\n.:)(][}{-\"'") | {"and"}
_TIES = frozenset(".:)-(")
"""what may stand between a letter and its own text"""
_ARTICLES = frozenset(("a", "an", "the"))


def single_reference(reference: str, lexicon: Lexicon) -> Keys:
    """The one right option; raises ``BadReference`` for none or several."""
    keys = several_reference(reference, lexicon)
    if len(keys) != 1:
        raise BadReference("reference.answer", f"a single choice, but it names {names(keys)}")
    return keys


def several_reference(reference: str, lexicon: Lexicon) -> Keys:
    """The set of right options; raises ``BadReference`` when there is none."""
    # what is remembered holds its lexicon; one of long choices is built anew for each request
    return (_remembered if lexicon.small else _parse)(reference, lexicon)


def _parse(reference: str, lexicon: Lexicon) -> Keys:
    if len(reference) > MAX_CHARS + lexicon.longest:
        raise BadReference("reference.answer", "it names none of the choices, or more than them")
    whole = lexicon.whole.get(normalize(reference))
    if whole is not None:
        return _sole(whole)
    found: set[str] = set()
    words = [word.lower() for word in words_of(clean(reference))]
    at = 0
    while at < len(words):
        if words[at] in _JOINTS or words[at] in PLAIN_LABEL_NOUNS:
            at += 1
            continue
        size, keys = _item(words, at, lexicon)
        if not size:
            raise BadReference("reference.answer", "it names none of the choices, or more than them")
        at += size
        found |= keys
    if not found:
        raise BadReference("reference.answer", "it names none of the choices")
    return frozenset(found)


_remembered = remember(4096, longest=512)(_parse)


def _item(words: list[str], at: int, lexicon: Lexicon) -> tuple[int, Keys]:
    """The option that begins at a word and how many words it takes; 0 when there is none."""
    start = at + 1 if words[at] in _ARTICLES and words[at] not in lexicon.keys else at
    for phrase, owners, _ in lexicon.phrases.get(words[start] if start < len(words) else "", ()):
        end = start + len(phrase)
        if (len(phrase) > 1 or phrase[0] not in lexicon.keys) and tuple(words[start:end]) == phrase:
            return end - at, _sole(owners)
    keys = lexicon.keys.get(words[at])
    if keys is None:
        together = lexicon.run_together(words[at])
        return len(together) and 1, together
    own = lexicon.own.get(keys, ())
    behind = at + 1
    while behind < len(words) and words[behind] in _TIES | _ARTICLES:
        behind += 1
    if own and tuple(words[behind : behind + len(own)]) == own:
        return behind + len(own) - at, keys
    return 1, keys


def _sole(owners: Keys) -> Keys:
    if len(owners) > 1:
        raise BadReference("reference.answer", f"its text belongs to {names(owners)}")
    return owners
