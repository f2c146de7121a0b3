"""The turn that is scored: the assistant's last one, when a whole chat transcript was pasted.

Only a text that begins with a system or user turn is a transcript. A response that speaks of an assistant or a
user stays whole, so a policy cannot move the start of its own response except inside a transcript.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .types import Span


class Style(NamedTuple):
    """How one way of writing transcripts marks its turns."""

    assistant: re.Pattern[str]
    """matches from the start of the text to the end of the last assistant marker"""
    loose: re.Pattern[str] | None
    """a weaker marker, asked where there is none of the first kind"""
    next_turn: re.Pattern[str]
    """what ends the assistant's turn"""


# Every pattern that begins with ``.*`` finds the *last* marker by backtracking from the end: one pass, no loop.
_LAST = r"(?s:.*)"
_OTHERS = r"(?:system|user|human)"
_MARKUP = r"(?:\#{1,3}[ ]|\*\*)?+"
_TOKEN_TAIL = r"(?=\W|\Z)(?:\|>)?(?:<\|end_header_id\|>)?"
_TOKENS = r"<(?:\|im_start\|>\s*+|\|start_header_id\|>\s*+|start_of_turn>\s*+|\|)"

STYLES: dict[str, Style] = {
    # <|im_start|>assistant (ChatML), <|start_header_id|>assistant<|end_header_id|> (Llama 3), <|assistant|>,
    # <start_of_turn>model (Gemma)
    "token": Style(
        re.compile(rf"{_LAST}{_TOKENS}(?:assistant|model){_TOKEN_TAIL}"),
        None,
        re.compile(rf"<(?:\|im_end\|>|\|eot_id\|>|end_of_turn>)|{_TOKENS}{_OTHERS}{_TOKEN_TAIL}"),
    ),
    # a role alone on its line: what decoding leaves of ChatML when special tokens are skipped
    "line": Style(
        re.compile(rf"{_LAST}\n(?i:assistant)[ \t]*+:?+[ \t]*+\r?+(?:\n|\Z)"),
        re.compile(rf"{_LAST}\nassistant[ \t]++(?=<[A-Za-z])"),
        re.compile(rf"\n(?i:{_OTHERS})[ \t]*+:?+[ \t]*+\r?+(?:\n|\Z)"),
    ),
    # User: ... Assistant: ...
    "colon": Style(
        re.compile(rf"{_LAST}\n[ \t]*+{_MARKUP}(?i:assistant)[ \t]*+:(?:\*\*)?+"),
        re.compile(rf"{_LAST}\s(?i:assistant)[ \t]*+:"),
        # not "System:", which heads findings too
        re.compile(rf"\n[ \t]*+{_MARKUP}(?i:user|human)[ \t]*+:"),
    ),
    # the line breaks lost: "system You are ... user ... assistant <think>..."
    "inline": Style(
        re.compile(rf"{_LAST}\sassistant\s++(?=<[A-Za-z])"),
        re.compile(rf"{_LAST}\sassistant\s"),
        re.compile(rf"(?<=>)\s*+{_OTHERS}\s"),
    ),
}

_OPENING = re.compile(
    r"(?:\s|<s>|<bos>|<\|begin_of_text\|>|<\|endoftext\|>|\ufeff)*+(?:"
    rf"(?P<token>{_TOKENS}(?:system|user|human|assistant|model){_TOKEN_TAIL})"
    rf"|(?P<line>(?i:{_OTHERS})[ \t]*+:?+[ \t]*+\r?+(?:\n|\Z))"
    rf"|(?P<colon>{_MARKUP}(?i:{_OTHERS})[ \t]*+:)"
    rf"|(?P<inline>{_OTHERS}[ \t])"
    r")"
)
_INLINE_USER = re.compile(r"\suser\s")
_SPECIAL = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<end_of_turn>", "</s>", "<eos>", "<pad>")
# backwards, so that the run at the end is found without looking at any other
_TAIL = re.compile(rf"(?:\s*+(?:{'|'.join(re.escape(token[::-1]) for token in _SPECIAL)}))++\s*+")


def scored_turn(text: str) -> Span | None:
    """Span of the turn to be scored; None when this is a transcript without an assistant turn."""
    opening = _OPENING.match(text)
    turn = (0, len(text)) if opening is None else _last_turn(text, opening)
    if turn is not None and text.endswith(_SPECIAL, 0, len(text.rstrip()) if text[-1:].isspace() else len(text)):
        return _without_trailing_tokens(text, turn)
    return turn


def _last_turn(text: str, opening: re.Match[str]) -> Span | None:
    name = opening.lastgroup or ""
    begin = opening.start(name)
    style = STYLES[name]
    marker = style.assistant.match(text, begin)
    if marker is None and style.loose is not None:
        marker = style.loose.match(text, begin)
    if name == "inline":
        user = _INLINE_USER.search(text, begin)
        if not text.startswith("system", begin):
            # "user ..." in a sentence: only a reply that begins with a tag proves a transcript
            if marker is None or text[marker.end() : marker.end() + 1] != "<":
                return (0, len(text))
        elif user is None:
            return (0, len(text))
        elif marker is not None and marker.end() <= user.end():
            # "You are a helpful assistant"
            marker = None
    if marker is None:
        # "System: respiratory" heads a finding as well as a prompt: alone, it proves no transcript
        heading = name == "colon" and text.startswith(("system", "System", "SYSTEM"), begin)
        return (0, len(text)) if heading and style.next_turn.search(text, begin) is None else None
    start = marker.end()
    # the marker's own line break also opens the turn after it, when the assistant's is empty
    ends = style.next_turn.search(text, start - 1 if text[start - 1 : start] == "\n" else start)
    return (start, max(start, ends.start()) if ends else len(text))


def _without_trailing_tokens(text: str, turn: Span) -> Span:
    start, end = turn
    tail = _TAIL.match(text[start:end][::-1])
    return (start, end - tail.end()) if tail is not None else turn
