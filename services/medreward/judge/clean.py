"""Text from outside, made fit to stand between a prompt's fences.

Whoever writes an answer may write to the judge: close the fence, imitate the prompt's headings or the other
assistant, start a new turn with the chat template's own tokens, or hide all that in characters that show nothing.
Cleaning takes such text its force and leaves it readable: a special token gets a blank inside (``<|eot_id|>`` becomes
``< |eot_id| >``, which no tokenizer takes for the token), a heading gets round brackets, a run of angle brackets
becomes one. Every field is cleaned alike, the reference as the candidate, so that none is favoured. What is left is
never read as a verdict: ``verdict.py`` reads only what the engine wrote.

Cleaning a clean text changes nothing. The work is linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final, NamedTuple

from medreward.parsing.blank import is_blank

OPEN: Final = "<<<"
"""the line before a field's text"""
CLOSE: Final = ">>>"
"""the line after it"""
CUT: Final = " [cut]"
"""stands where a text was cut"""


class Cleaned(NamedTuple):
    """A text ready for a prompt."""

    text: str
    cut: bool
    """it was over the limit; what is left is its head, with :data:`CUT` at the end"""


# Controls but tab and line feed; what shows nothing (soft hyphen, joiners, fillers, zero widths, variation selectors);
# what turns the direction of writing; language tags, which can carry whole hidden sentences; lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")

# Look-alikes, one character for one, so that a place found in the folded text is the place in the text itself.
_LOOKS = str.maketrans(
    {
        **{chr(full): chr(full - 0xFEE0) for full in range(0xFF01, 0xFF5F)},
        **dict.fromkeys("﹤‹〈⟨❮❬⟪≪", "<"),
        **dict.fromkeys("﹥›〉⟩❯❭⟫≫", ">"),
        **dict.fromkeys("【〔〖〚⟦﹝❲", "["),
        **dict.fromkeys("】〕〗〛⟧﹞❳", "]"),
        **dict.fromkeys("│┃❘❙∣ǀ￨", "|"),
        **dict.fromkeys("‘’ʼ`´", "'"),
        **dict.fromkeys("：﹕∶", ":"),
        **dict.fromkeys(
            "\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
    }
)

_FENCE = re.compile(r"<(?:[ \t]*+<){2,}+|>(?:[ \t]*+>){2,}+")

# Every family writes its special tokens in one of few ways: <|..|> and its full-width form, a bare <name>, and in
# square brackets a few names (Llama 2, Mistral, BERT, GLM). The place is where the blank goes.
_TOKEN = re.compile(
    r"(?<=<)(?=\|)|(?<=\|)(?=>)"
    r"|(?<=<)(?=/?[A-Za-z_][\w.:▁-]{0,40}/?>)"
    r"|(?<=\[)(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS|THINK|IMG"
    r"|IMG_BREAK|IMG_END|AUDIO|BEGIN_AUDIO|PREFIX|MIDDLE|SUFFIX|[gs]?MASK|BOS|EOS|UNK|CLS|SEP|PAD|control_\d+)\])",
    re.IGNORECASE,
)

_GAP = r"[ \t]{0,3}"
_WHO = rf"(?:(?:ai{_GAP})?assistant(?:{_GAP}[#(]?{_GAP}(?:[12ab]|one|two)\)?)?|system|user|human)"
_SAYS = rf"(?:{_WHO}(?:{_GAP}'?s?{_GAP}(?:answer|response|reply|output|message|prompt|turn))?)"
_TOPIC = (
    r"(?:question|visual content of the image|(?:visual )?context|caption|report of the image|instructions?|response"
    r"|(?:reference|candidate|known)(?: answer)?|answer to review|your (?:thinking process|answer)|verdict)"
)
_PART = rf"(?:the{_GAP})?(?:(?:start|begin|beginning|end|ending)(?:{_GAP}of)?{_GAP}(?:the{_GAP})?)?"
_IN_BRACKETS = re.compile(rf"\[{_GAP}(?P<label>{_PART}(?:{_SAYS}|{_TOPIC})){_GAP}:?{_GAP}\]", re.IGNORECASE)
_MARKS = r"[ \t>*_#=~|-]{0,12}+"
_AT_LINE_START = re.compile(
    rf"^(?:{_MARKS}(?P<label>{_PART}{_SAYS}){_GAP}[*_]{{0,3}}{_GAP}:[*_]{{0,3}}"
    rf"|[ \t]{{0,3}}#{{1,6}}{_GAP}[*_]{{0,3}}(?P<topic>{_PART}(?:{_SAYS}|{_TOPIC}))\b{_GAP}[*_]{{0,3}}:?[*_]{{0,3}})",
    re.IGNORECASE | re.MULTILINE,
)

_MOST_MARKS = 8
"""marks that may stand on one character; Hebrew and Vietnamese need four, a stack of hundreds hides its neighbours"""


def visible(text: str) -> str:
    """The text without characters that show nothing, control a terminal or turn the direction of writing."""
    return _HIDDEN.sub("", _BREAKS.sub("\n", text))


def clean(text: str, limit: int) -> Cleaned:
    """A field's text without force over the prompt, at most ``limit`` characters long with its mark.

    A text that shows nothing becomes empty.
    """
    text = visible(text).strip()
    # everything after this looks at no more than can be kept; the rest would only cost time
    window = 2 * limit + 256
    cut = len(text) > window
    text = text[:window]
    if not text.isascii():
        text = unicodedata.normalize("NFC", _unstack(text))
    text = _neutral(text).strip()
    if is_blank(text):
        return Cleaned("", cut)
    if not cut and len(text) <= limit:
        return Cleaned(text, False)
    if limit <= len(CUT):
        return Cleaned(text[:limit].rstrip(), True)
    # a cut can end a word early and so make a heading of it, which its brackets may lengthen
    room = limit - len(CUT)
    while len(head := _neutral(text[:room].rstrip() + CUT)) > limit:
        room -= len(head) - limit
    return Cleaned(head, True)


def _neutral(text: str) -> str:
    text = _sub(_FENCE, text, lambda found: text[found.end() - 1])
    text = _sub(_TOKEN, text, lambda _: " ")
    text = _sub(_IN_BRACKETS, text, lambda found: f"({found['label']})")
    return _sub(_AT_LINE_START, text, lambda found: f"({found['label'] or found['topic']})")


def _sub(pattern: re.Pattern[str], text: str, put: Callable[[re.Match[str]], str]) -> str:
    """As ``pattern.sub``, but the pattern sees look-alikes as what they look like."""
    if text.isascii():
        return pattern.sub(put, text)
    parts = []
    end = 0
    for found in pattern.finditer(text.translate(_LOOKS)):
        parts += [text[end : found.start()], put(found)]
        end = found.end()
    return "".join((*parts, text[end:]))


def _unstack(text: str) -> str:
    # before NFC, which sorts the marks on a character in time that grows with their square
    kept = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
