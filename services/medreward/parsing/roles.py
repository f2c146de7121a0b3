"""The role markers: how a transcript says whose turn begins, and which tokens end one.

A marker is spelled in one letter case throughout a transcript (``system`` .. ``user``, or ``System`` .. ``User``), so
the words are kept by case, and a heading "System" in a lower-case transcript is text.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from .tags import TAG

Style = Literal["line", "colon", "inline"]

ASKERS: Final = ("user", "human")
SETTERS: Final = ("system", "developer")
_CASES = (str.lower, str.title, str.upper)
_MARKUP = r"(?:\#{1,3}[ ]|\*\*)?+"
_LINE_END = r"[ \t]*+\r?+(?:\n|\Z)"
_ROLE = "|".join(case(word) for word in (*SETTERS, *ASKERS, "assistant") for case in _CASES)
_TOKEN_ROLES = "|".join((*SETTERS, *ASKERS, "assistant", "model", "tool"))
_TOKEN_TAIL = r"(?=\W|\Z)(?:\|>)?(?:<\|end_header_id\|>)?"
_TOKENS = r"<(?:\|im_start\|>\s*+|\|start_header_id\|>\s*+|start_of_turn>\s*+|\|)"

OPENING: Final = re.compile(
    r"(?P<lead>(?:[\s\ufeff]*+<(?:s|bos|pad|\|(?:begin_of_text|endoftext|pad)\||｜begin▁of▁sentence｜)>)*+)[\s\ufeff]*+(?:"
    rf"(?P<token>{_TOKENS}(?:{_TOKEN_ROLES}){_TOKEN_TAIL})"
    rf"|(?P<said>(?P<markup>{_MARKUP})(?P<role>{_ROLE})(?:[ \t]*+(?P<colon>:))?+)"
    rf"(?:(?P<line>{_LINE_END})|(?(colon)(?:\*\*)?+|(?P<inline>[ \t])))"
    r")?+"
)
"""matches every text: what decoding leaves before the first turn, and the first marker where there is one"""

# The last marker is found by backtracking from the end: one pass, no loop.
LAST_TOKEN: Final = re.compile(rf"(?s:.*){_TOKENS}(?:assistant|model){_TOKEN_TAIL}")
"""up to the end of the last <|im_start|>assistant (ChatML), <|start_header_id|>assistant<|end_header_id|> (Llama 3),
<|assistant|> or <start_of_turn>model (Gemma)"""

END: Final = re.compile(
    r"<(?=\|[a-z]|[/eps｜])(?:\|(?:im_end|endoftext|eot_id|eom_id|end_of_text|end|pad|im_start|start_header_id"
    rf"|{_TOKEN_ROLES})\|>|/s>|(?:eos|pad|end_of_turn|start_of_turn|｜end▁of▁sentence｜)>)"
)
"""a token that ends the turn it stands in; what a policy writes after it is not its response"""


class Roles(NamedTuple):
    """The markers of one letter case."""

    assistant: str
    asker: dict[Style, re.Pattern[str]]
    """a user's marker at the beginning of a line; its group is what is said"""
    start: re.Pattern[str]
    """``assistant`` at the beginning of a line, the reply on the same one"""
    user: tuple[re.Pattern[str], re.Pattern[str]]
    """``user`` in running text: after the end of a sentence, and anywhere"""
    reply: tuple[re.Pattern[str], re.Pattern[str]]
    """``assistant`` in running text, likewise"""


def _roles(askers: str, user: str, assistant: str) -> Roles:
    # the word before what precedes it, so that the search skips to its first letter
    return Roles(
        assistant,
        {
            "line": re.compile(rf"\n((?:{askers})(?:[ \t]*+:)?+){_LINE_END}"),
            "colon": re.compile(rf"\n[ \t]*+({_MARKUP}(?:{askers})[ \t]*+:)"),
        },
        re.compile(rf"\n{assistant}[ \t]++(?=\S)"),
        (re.compile(rf"{user}(?<=[.?!:>]\s{user})\s"), re.compile(rf"{user}(?<=\s{user})\s")),
        (
            re.compile(rf"{assistant}(?<=[.?!:>]\s{assistant})(?:[ \t]*+:|\s)"),
            re.compile(rf"{assistant}(?<=\s{assistant})(?:[ \t]*+:|\s)"),
        ),
    )


_ALIKE = [(case, _roles("|".join(map(case, ASKERS)), case("user"), case("assistant"))) for case in _CASES]
ROLES: Final[dict[str, Roles]] = {
    case(word): roles for case, roles in _ALIKE for word in (*SETTERS, *ASKERS, "assistant")
}
"""role as spelled -> the markers of its letter case"""
ASSISTANTS: Final = tuple(case("assistant") for case in _CASES)

Kind = Literal["line", "colon line", "colon", "start", "loose", "inline", ""]
_AFTER = re.compile(
    rf"(?P<colon>[ \t]*+:(?:\*\*)?+)?+(?P<line>{_LINE_END})?+(?P<space>\s*+)(?P<tag>(?={TAG.pattern}))?+"
)
_MARKUPS = frozenset({"", "#", "##", "###", "**"})
_INDENT = 16


def marker_at(text: str, at: int, word: str) -> tuple[Kind, bool, int]:
    """What ``word`` at offset ``at`` marks: its kind (``""`` for a word of the text), whether a tag follows, its end.

    ``line``: alone on its line; ``colon line``: so, with a colon; ``colon``: begins its line; ``start``: so, without
    a colon; ``loose`` and ``inline``: in running text, with a colon and without.
    """
    after = _AFTER.match(text, at + len(word))
    if after is None:
        return "", False, at
    colon, line, space, tag = after.group("colon", "line", "space", "tag")
    head = text[max(0, at - _INDENT) : at]
    lead = head[head.rfind("\n") + 1 :]
    tagged = tag is not None
    if lead != head:
        if not lead and line is not None:
            return "colon line" if colon else "line", tagged, after.end("line")
        if colon and lead.strip(" \t") in _MARKUPS:
            return "colon", tagged, after.end("colon")
        if not lead and space:
            return "start", tagged, after.end()
    if not head[-1:].isspace():
        return "", False, at
    if colon:
        return "loose", tagged, after.end("colon")
    return ("inline", tagged, after.end()) if line or space else ("", False, at)
