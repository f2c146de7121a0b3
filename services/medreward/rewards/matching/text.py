"""Clean text: what the answer says, without how it is dressed.

Markup (markdown, LaTeX, tags, chat tokens), full-width letters, curly quotes and odd spaces say nothing, so they go.
Numbers, signs and polarity say a lot, so they stay: a superscript becomes ``^2`` (10² is not 102), a Unicode minus
becomes ``-``, a negation sign becomes the word *not*, struck-out text goes with its strike. Everything here is linear
in the text, and an answer is read no further than ``MAX_CHARS``: its beginning and its end.
"""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 8000
"""longest answer read in full; real reasoning answers end before 4 000"""

_HALF = MAX_CHARS // 2

_PLAIN = re.compile(r"[A-Za-z0-9 .,;:?'\"()\n/+%-]*+").fullmatch
_SUPER = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n", strict=True))
_SUPER_RUN = re.compile("[" + "".join(_SUPER) + "]+")
_SUB_RUN = re.compile("(?<=[0-9])(?=[₀-₉])")
_FRACTION = re.compile("(?<=[0-9])(?=[¼-¾⅐-⅞])")

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f", None),  # invisible
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–−﹣－", "-"),
        **dict.fromkeys("—―", " - "),
        **dict.fromkeys("•●▪◦‣·∙", "-"),
        **dict.fromkeys("¬≠", " not "),
        **dict.fromkeys("⁄∕", "/"),
        **dict.fromkeys("【「『〔《〈", "("),
        **dict.fromkeys("】」』〕》〉", ")"),
        "。": ". ",
        "、": ", ",
    }
)
_MARKS = re.compile(r"(?m)^[ \t>#*_-]*(?:(?P<no>☐|\[ \])|☑|☒|\[[xX]\])|[✅✔✓☑]\ufe0f?")

_PICTURES = re.compile("(?![❌✗✘👎])[\u2600-\u27bf\u2b00-\u2bff\ufffd\U0001f000-\U0001faff]+")
_STRUCK = re.compile(r"~~[^~]*+~~|<(?:del|s|strike)>[^<]*+</[a-z]*>|\\(?:sout|cancel)\{[^{}]*+\}|<!--[^<>]*+-->", re.I)
_COMMAND = re.compile(
    r"\\(?:boxed|fbox|text|textbf|textit|textrm|texttt|mathbf|mathrm|mathit|mathsf|emph|underline|bf|rm|Large|large)\b"
)
_NOT = re.compile(r"\\(?:neg|lnot|not|neq|ne)\b|!=|(?<![\w!])!(?=\w)")
_TAG = re.compile(r"</?[A-Za-z|!][^<>\n]{0,60}>")
_BLANKS = re.compile(r"\\(?:quad|qquad|[ ,;!])|\\(?=[^\w\s])|\$(?!\d)|(?m:^[ \t]*(?:#+|>+(?![ \t]*\d)|[*])[ \t]+)")
_EMPHASIS = re.compile(r"(?<![\d\s])\*+|\*+(?![\d\s])|\*\*+|`+|(?<!\w)_+|_+(?!\w)|~(?!\d)")
# "**B** The lungs are clear": the end of the bold print is the end of the sentence.
_BOLD_LABEL = re.compile(r"\*\*((?:[Oo]ption )?\(?(?:[A-Za-z0-9]|[Yy]es|YES|[Nn]o|NO)\)?)\*\*(?=\s+[A-Z])")
_ABBREVIATION = re.compile(r"\b(?:i\.\s?e\.|e\.\s?g\.|a\.k\.a\.)", re.I)
# from the first sign of a run only, or a thousand dashes would be gone through a thousand times
_ARROW = re.compile(r"(?<![=-])[=-]++>++")
_RUN = re.compile(r"[^\S\n]{2,}+")
_COMPOUND = re.compile(r"(?<=[A-Za-z]{2})-(?=[A-Za-z]{2})")
_MOST_MARKS = 30
"""marks that may stand on one character; more are kept apart, as Unicode's Stream-Safe Text Format has it (UAX #15)"""
_STACKABLE = re.compile(rf"[^\x00-\x7f]{{{_MOST_MARKS},}}+")
_JOINER = "\u034f"
"""COMBINING GRAPHEME JOINER: shows nothing, and marks are not sorted across it"""


def excerpt(text: str) -> str:
    """The part of an answer that is read: all of it, or both ends when it is longer than ``MAX_CHARS``.

    The join is a word no vocabulary knows, so that the two halves cannot make one clean statement.
    """
    return text if len(text) <= MAX_CHARS else f"{text[:_HALF]} cut#here {text[-_HALF:]}"


def fold(text: str) -> str:
    """Unicode to plain characters where the meaning is the same, and to spelled signs where it would be lost."""
    if text.isascii():
        return text
    text = _SUPER_RUN.sub(lambda run: "^" + "".join(_SUPER[c] for c in run[0]), text)
    text = _SUB_RUN.sub("_", text)
    text = _FRACTION.sub(" ", text.translate(_CHARACTERS))
    text = _STACKABLE.sub(_unstack, text)
    return unicodedata.normalize("NFKC", text).translate(_CHARACTERS)


def _unstack(found: re.Match[str]) -> str:
    # normalizing sorts the marks on a character, in time that grows with their square
    kept: list[str] = []
    run = 0
    for character in found[0]:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > _MOST_MARKS:
            kept.append(_JOINER)
            run = 1
        kept.append(character)
    return "".join(kept)


def clean(text: str) -> str:
    """Text without markup, for reading clause by clause; line breaks are kept."""
    if not _PLAIN(text):
        text = fold(text)
        # one character may be normalized to eighteen
        text = _ABBREVIATION.sub(" ", _undress(text if len(text) <= 2 * MAX_CHARS else excerpt(text)))
    elif "e." in text or "g." in text or "k." in text:
        text = _ABBREVIATION.sub(" ", text)
    # Runs of blanks go, so that the tokenizer never has to try each of them.
    text = _RUN.sub(" ", text)
    return _COMPOUND.sub(" ", text) if "-" in text else text


def _undress(text: str) -> str:
    text = _PICTURES.sub(" ", _MARKS.sub(_mark, text))
    text = _BOLD_LABEL.sub(r"\1. ", _STRUCK.sub(" ", text))
    text = _COMMAND.sub("", text)
    text = _NOT.sub(" not ", text)
    text = _TAG.sub("\n", text)
    text = _ARROW.sub(":", text)
    text = _BLANKS.sub("", text)
    return _EMPHASIS.sub("", text)


def _mark(found: re.Match[str]) -> str:
    # An empty check box turns its line down; a tick adds nothing to what it stands at.
    return "not " if found["no"] else " "


_SPACE = re.compile(r"\s+")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_BARE_DECIMAL = re.compile(r"(?<![\w.])\.(?=\d)")
_HYPHEN = re.compile(r"(?<=\w)-(?=[^\W\d_])")
_UNIT = re.compile(r"(?<![^\W\d_])(\d)(?=[^\W\d_])")
_AFTER_NUMBER = re.compile(r"(?<=\d) (?=[%°])")
_COMPARISON = re.compile(r"([<>≤≥±~]) (?=\d)")
_SPACED = re.compile(r" ?([,;/]) ?(?!\d)")
_BULLET = re.compile(r"- (?=[^\W\d])")
_ARTICLE = re.compile(r"(?:an?|the) (?=\w\w)")
_WRAPS = {"(": ")", "[": "]", "{": "}"}


def normalize(text: str) -> str:
    """The form in which two open answers are equal.

    Case, spacing, markup, wrapping quotes or brackets, a leading article, closing punctuation and a hyphen between
    words do not count. Numbers, units, signs, comparisons, a question mark, polarity and word order do: ``1.5`` is not
    ``15`` nor ``ER+`` ``ER-``, while ``1,000`` is ``1000`` and ``50 %`` is ``50%``.
    """
    text = _SPACE.sub(" ", _undress(fold(text)).casefold())
    text = text.replace("+/-", "±").replace("<=", "≤").replace(">=", "≥")
    text = _strip(text)
    text = _BULLET.sub("", text, count=1) if _BULLET.match(text) else text
    text = _THOUSANDS.sub(lambda number: number[0].replace(",", ""), text)
    text = _BARE_DECIMAL.sub("0.", text)
    text = _HYPHEN.sub(" ", text)
    text = _UNIT.sub(r"\1 ", text)
    text = _AFTER_NUMBER.sub("", text)
    text = _COMPARISON.sub(r"\1", text)
    text = _SPACED.sub(r"\1 ", text).strip()
    return _ARTICLE.sub("", text, count=1) if _ARTICLE.match(text) else text


def _strip(text: str) -> str:
    # Wrappings come off in any order, each at most once a layer: quotes, one pair of brackets, closing punctuation.
    text = text.strip(" \"'").rstrip(" .,;:!\"'")
    for _ in range(3):
        closing = _WRAPS.get(text[:1])
        if closing is None or not text.endswith(closing) or closing in text[1:-1]:
            break
        text = text[1:-1].strip(" \"'").rstrip(" .,;:!\"'")
    return text
