"""Options: what may be chosen, compiled once for every set of choices.

A ``Lexicon`` is what the reader needs to recognise an option in a text: its letter, its exact text as a sequence of
words, or letters run together ("AC"). Yes and no are a lexicon of their own (``closed.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from .text import clean, normalize
from .tokens import words_of
from .verdict import BadReference
from .vocabulary import CODES, IDIOMS

Keys = frozenset[str]
Phrase = tuple[tuple[str, ...], Keys, bool]
"""the words of an option text, the options it belongs to, and whether it is *soft*: one word that answers also use
about an option ("right", "no"), so that it counts only where it stands by itself"""

SPAN = re.compile(r"(?<![\w-])(?<![Ff]rom )([A-Z])-([A-Z])(?![\w-])")
"""two capitals and a hyphen, a range where both are options; "from A-D" only says what there was to choose"""
_MOST_CHARS = 16_000
"""characters of all choices together; a question's own are a few hundred"""
_REMEMBERED_CHARS = 2000
"""of all choices together, up to which their lexicon is remembered, and what was read by it"""
_KEY = re.compile(r"[A-Za-z0-9]|[1-9][0-9]").fullmatch
_FORMS = ("({})", "{})", "{}:", "[{}]", "**{}**", "Option {}", "Answer: {}", "The answer is {}", "The answer is {}.")
"""the commonest ways to give a letter: looked up, though reading them would come to the same"""
_ARTICLES = ("a", "an", "the")
_NO_NOUN = frozenset("&|/,.-)")
"""what follows the letter A and never the article: "A and C" """


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Everything that names an option."""

    keys: dict[str, Keys]
    """lower-case letter or number -> the option"""
    phrases: dict[str, tuple[Phrase, ...]]
    """first word -> the texts that begin with it, longest first"""
    own: dict[Keys, tuple[str, ...]]
    """option -> the words of its text"""
    everything: Keys
    whole: dict[str, Keys]
    """a letter or a text as normalised -> the options it names"""
    bare: dict[str, Keys]
    """answers that need no reading: a letter or text by itself, in its usual spellings"""
    triggers: Keys
    """lower-case words at which the reader stops to look: letters, first words of texts, idioms"""
    longest: int = 0
    """no answer longer than this is one option text and nothing else"""
    closed: bool = False
    """yes and no: a lone letter is a label of no meaning here"""
    numbered: bool = False
    """the keys are numbers, and no text needs a decimal comma: "1,3" lists two of them"""
    ranged: bool = False
    """no text needs "A-C" as a word: it spans options"""
    small: bool = False
    """its texts are short: what was read by it may be remembered, and it with that"""
    no: Keys | None = None
    """the option whose text is "no": "No effusion is seen" begins with it"""

    def run_together(self, word: str) -> Keys:
        """The options of letters without space ("AC", "bd"); none unless every letter is an option, once."""
        letters = [self.keys.get(letter) for letter in word.lower()]
        found = [keys for keys in letters if keys is not None]
        if len(found) < 2 or len(found) < len(letters) or len(set(word.lower())) < len(word):
            return frozenset()
        return frozenset().union(*found)


def phrase_words(text: str) -> tuple[str, ...]:
    """Words of an option text, in the reader's own spelling, without article and closing period."""
    words = [word.lower() for word in words_of(clean(text)) if word not in "'\"\n"]
    while words and words[-1] in ".;,":
        words.pop()
    article = len(words) > 1 and words[0] in _ARTICLES and CODES.get(words[1], "x") not in _NO_NOUN
    return tuple(words[1:] if article else words)


def compile_lexicon(texts: Mapping[str, str]) -> Lexicon:
    """Build the lexicon of checked choices; ``texts`` maps a key to its text."""
    owners: dict[tuple[str, ...], Keys] = {}
    own: dict[Keys, tuple[str, ...]] = {}
    whole: dict[str, Keys] = {}
    for key, text in texts.items():
        words = phrase_words(text)
        whole[normalize(text)] = whole.get(normalize(text), frozenset()) | {key}
        if words:
            own[frozenset([key])] = words
            owners[words] = owners.get(words, frozenset()) | {key}
    keys = {key.lower(): frozenset([key]) for key in texts}
    whole.pop("", None)
    spelled = {form: owners for text, owners in whole.items() for form in (text, text.capitalize())}
    spelled |= {text: whole[normalize(text)] for text in texts.values() if normalize(text)}
    spelled |= {form: owners for key, owners in keys.items() for form in (key, key.upper())}
    bare = {form.replace("{}", text): owners for text, owners in spelled.items() for form in ("{}", "{}.")}
    bare |= {form.format(key): keys[key.lower()] for key in texts for form in _FORMS}
    phrases: dict[str, list[Phrase]] = {}
    for words, found in sorted(owners.items(), key=lambda item: -len(item[0])):
        phrases.setdefault(words[0], []).append((words, found, len(words) == 1 and words[0] in CODES))
    return Lexicon(
        keys=keys,
        phrases={word: tuple(group) for word, group in phrases.items()},
        own=own,
        everything=frozenset(texts),
        whole=whole | keys,
        bare=bare,
        triggers=frozenset(keys) | frozenset(phrases) | frozenset(IDIOMS),
        longest=max(map(len, texts.values())) + 20,
        numbered=any(key.isdigit() for key in texts) and not any(re.search(r"\d,\d", text) for text in texts.values()),
        ranged=not any(SPAN.search(text) for text in texts.values()),
        small=sum(map(len, texts.values())) <= _REMEMBERED_CHARS,
        no=owners.get(("no",)),
    )


def _lexicon(items: tuple[tuple[str, str], ...]) -> Lexicon:
    texts: dict[str, str] = {}
    for key, text in items:
        if not isinstance(key, str) or not isinstance(text, str):
            raise BadReference("choices", "keys and texts are strings")
        if not _KEY(key):
            raise BadReference("choices", "a key is one letter, or a number of one or two digits")
        texts[key] = text
    if not texts:
        raise BadReference("choices", "there are none")
    if len({key.lower() for key in texts}) != len(texts):
        raise BadReference("choices", "two keys differ only in case")
    return compile_lexicon(texts)


_remembered = lru_cache(maxsize=1024)(_lexicon)


def lexicon_of(choices: Mapping[str, str]) -> Lexicon:
    """The compiled lexicon of a question's choices; raises ``BadReference`` on choices that make no sense."""
    try:
        size = sum(map(len, choices.values()))
        if size > _MOST_CHARS:
            raise BadReference("choices", f"together over {_MOST_CHARS} characters long")
        return (_remembered if size <= _REMEMBERED_CHARS else _lexicon)(tuple(choices.items()))
    except TypeError:
        raise BadReference("choices", "keys and texts are strings") from None
