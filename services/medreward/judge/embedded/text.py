"""Text to tokens: one alphabet, one case, no markup; numbers, signs and clause marks stay.

Letters of other alphabets that look Latin are read as Latin where they stand in or beside Latin words, so that a
"nо" with a Cyrillic o still denies.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from medreward.remember import remember
from medreward.rewards.matching.text import fold

MAX_CHARS = 20_000
"""characters that are read; what is longer is no answer anyway (see ``shape``)"""

_LOOKALIKES = str.maketrans(
    "абвеѕіјкмнорстухһԁԛԝгАВЕЅІЈКМНОРСТУХҺΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινυρ",
    "abbesijkmhopctyxhdqwrABESIJKMHOPCTYXHABEZHIKMNOPTYXoivup",
)
_GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "κ": "kappa",
    "λ": "lambda",
    "σ": "sigma",
    "ω": "omega",
}
_FOREIGN_RUN = re.compile(r"[^\W\d_]+")
_HAS_LATIN = re.compile("[A-Za-z]").search
_TAG = re.compile(r"</?[A-Za-z!|][^<>\n]{0,60}>")
_MARKUP = re.compile(r"\*+|`+|#+(?=\s)|~~|\\(?:text|boxed|mathrm|mathbf)?|[{}$]|(?<!\w)_+|_+(?!\w)")
_TOKEN = re.compile(
    r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]\.(?:[^\W\d_]\.)+|[^\W_]+(?:'[^\W_]+)?|[.,;:?!()\n%°/+~<>\"-]"
)
_X_RAY = re.compile(r"\bx[- ]?rays?\b", re.I)
_LEVELS = re.compile(r"\b([CTLS])(\d{1,2})[/-](?=\d)", re.I)
"""two levels of the spine written as one: "L4/5" """
_COMPOUND_NEGATIVE = re.compile(r"\b(non?)-(?=[a-z])", re.I)
_FOOTNOTE = re.compile(r"(?<=[a-z]{4})\d{1,3}$")
"""digits that stick to a long word are marks of a footnote: "Rogers12" """


class Token(NamedTuple):
    """A word, a number or a mark."""

    text: str
    """lower case"""
    written: str
    """as it stands in the text"""


@remember(4096, longest=2048)
def plain(text: str) -> str:
    """The text in one alphabet and without markup; case and line breaks are kept."""
    text = text[:MAX_CHARS]
    if not text.isascii():
        text = fold(text)
        text = _FOREIGN_RUN.sub(lambda run: _latin(run[0]), text) if not text.isascii() else text
    if "<" in text:
        text = _TAG.sub(" ", text)
    text = _LEVELS.sub(r"\1\2-\1", text)
    return _X_RAY.sub("xray", _COMPOUND_NEGATIVE.sub(r"\1 ", _MARKUP.sub("", text)))


def _latin(word: str) -> str:
    if word.isascii():
        return word
    seen = word.translate(_LOOKALIKES)
    if seen.isascii():
        return seen
    if len(word) == 1 and word in _GREEK:
        return _GREEK[word]
    if _HAS_LATIN(word):
        word = seen
    bare = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    return "".join(_GREEK.get(c, c) for c in bare) if _HAS_LATIN(bare) else bare


def tokens(text: str) -> list[Token]:
    """Tokens of a :func:`plain` text, in order."""
    return [Token(_FOOTNOTE.sub("", word.casefold()), word) for word in _TOKEN.findall(text)]
