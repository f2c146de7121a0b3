"""Single words: their stem, and whether two spellings are one word.

The stem drops inflection and the British spelling, no more: suffixes that carry meaning in medicine (``-itis``,
``-osis``, ``-oma``, ``-ectomy``) stay. Two stems are one word when they differ by a derivation ("calcified",
"calcification") or, in a long word, by one letter ("abcess").
"""

from __future__ import annotations

from functools import lru_cache

from medreward.remember import remember

_OPPOSING = (
    ("hyper", "hypo"),
    ("intra", "inter", "infra", "extra", "supra", "sub", "endo", "epi", "retro"),
    ("ante", "anti"),
    ("pre", "post"),
    ("macro", "micro"),
    ("tachy", "brady"),
    ("pro", "retro", "ante"),
    ("poly", "oligo"),
    ("ab", "ad"),
    ("af", "ef"),
    ("in", "ex"),
    ("uni", "bi", "tri"),
    ("meta",),
    ("para", "peri", "pera"),
    ("dys",),
    ("im", "un", "non", "a"),
)
_PREFIXES = sorted({prefix for row in _OPPOSING for prefix in row if len(prefix) > 2}, key=len, reverse=True)
_MEANINGFUL = (
    "ectomy",
    "ostomy",
    "otomy",
    "plasty",
    "scopy",
    "graphy",
    "gram",
    "itis",
    "osis",
    "oma",
    "emia",
    "uria",
    "algia",
    "pathy",
    "megaly",
    "penia",
    "cytosis",
    "blast",
    "clast",
    "sarcoma",
    "carcinoma",
    "mycin",
    "micin",
    "olol",
    "pril",
    "sartan",
    "statin",
    "azole",
)
_MEANINGFUL_STEMS = tuple(
    sorted(
        {
            *_MEANINGFUL,
            "ectom",
            "ostom",
            "otom",
            "plast",
            "scop",
            "graph",
            "it",
            "os",
            "om",
            "emi",
            "uri",
            "algi",
            "path",
            "megal",
            "peni",
        },
        key=len,
        reverse=True,
    )
)
_DERIVATIONS = frozenset(
    [
        "al",
        "ic",
        "ical",
        "ous",
        "ar",
        "ary",
        "ed",
        "ing",
        "ion",
        "ation",
        "ative",
        "ive",
        "ment",
        "ity",
        "y",
        "ia",
        "e",
        "er",
        "or",
        "s",
        "es",
        "ies",
        "ied",
        "iv",
        "if",
        "ifi",
        "ific",
        "ization",
        "iz",
        "at",
        "ated",
        "ating",
        "ant",
        "ent",
        "ance",
        "ence",
        "an",
        "ian",
        "ean",
        "ish",
        "ist",
        "ism",
        "ional",
        "ial",
        "i",
        "ian",
        "ese",
        "tic",
        "sis",
        "s",
        "t",
        "ti",
        "tous",
        "ed",
        "n",
        "ly",
        "us",
        "a",
        "um",
    ]
)


_MOST = 48
"""letters of the longest word that is compared and remembered; medicine's own stay below it"""


@remember(65_536, longest=_MOST)
def stem(word: str) -> str:
    """The stem of a lower-case word; what is no word of letters comes back as it is."""
    if len(word) < 4 or not word.isalpha():
        return word[:-2] if word.endswith("'s") else word
    if len(word) > 5:
        word = word.replace("ae", "e").replace("oe", "e").replace("isation", "ization")
        if word.endswith("our"):
            word = word[:-3] + "or"
        elif word.endswith(("ise", "ised", "ising")):
            head, _, tail = word.rpartition("is")
            word = f"{head}iz{tail}"
        elif word.endswith("tre"):
            word = word[:-3] + "ter"
    word = _singular(word)
    if len(word) > 5 and word.endswith("ing") and any(vowel in word[:-3] for vowel in "aeiouy"):
        word = _single(word[:-3])
    elif len(word) > 4 and word.endswith("ed") and not word.endswith("eed") and any(c in word[:-2] for c in "aeiouy"):
        word = _single(word[:-2])
    elif len(word) > 5 and word.endswith("ly"):
        word = word[:-2]
    if len(word) > 5 and word.endswith(("us", "um")):
        word = word[:-2]
    if len(word) > 4 and word.endswith("i"):
        return word[:-1]
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 5 and word.endswith("a"):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 3 and word.endswith("y") else word


def _singular(word: str) -> str:
    if not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("sis") and len(word) > 5:
        return word[:-2]
    if word.endswith("ses"):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def _single(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word


def same_word(one: str, other: str) -> bool:
    """Whether two stems are one word: a derivation of each other, or a misspelling by one letter."""
    return one == other or (max(len(one), len(other)) <= _MOST and _same_word(one, other))


@lru_cache(maxsize=65_536)
def _same_word(one: str, other: str) -> bool:
    if not (one.isalpha() and other.isalpha()) or len(one) < 4 or len(other) < 4 or one[0] != other[0]:
        return False
    if _prefix(one) != _prefix(other) or _suffix(one) != _suffix(other):
        return False
    return _derived(one, other) or (min(len(one), len(other)) >= 6 and _one_edit(one, other))


def _prefix(word: str) -> str:
    return next((prefix for prefix in _PREFIXES if word.startswith(prefix) and len(word) > len(prefix) + 2), "")


def _suffix(word: str) -> str:
    return next((suffix for suffix in _MEANINGFUL_STEMS if word.endswith(suffix) and len(word) > len(suffix) + 2), "")


def _derived(one: str, other: str) -> bool:
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    if shared < 5 or shared < 0.55 * max(len(one), len(other)):
        return False
    return (not one[shared:] or one[shared:] in _DERIVATIONS) and (not other[shared:] or other[shared:] in _DERIVATIONS)


def _one_edit(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


_LONG = 8


def misspelling(one: str, other: str) -> bool:
    """Whether a long word that nobody knows is one that is known, but for two letters ("hemmorhage")."""
    return max(len(one), len(other)) <= _MOST and _misspelling(one, other)


@lru_cache(maxsize=65_536)
def _misspelling(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _LONG or abs(len(one) - len(other)) > 2 or one[:2] != other[:2]:
        return False
    if _prefix(one) != _prefix(other) or _suffix(one) != _suffix(other):
        return False
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        last, row = row, [number]
        for at, against in enumerate(other, 1):
            row.append(min(row[-1] + 1, last[at] + 1, last[at - 1] + (letter != against)))
        if min(row) > 2:
            return False
    return row[-1] <= 2
