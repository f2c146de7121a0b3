"""The turn that is scored: the assistant's last one, when a whole chat transcript was pasted.

Only a text that begins with a role marker is a transcript, and only if the assistant, or a second role, speaks in it.
Any other response stays whole, so a policy cannot move the start of its own response except inside a transcript.
Wherever the turn is, the first end-of-turn token ends it.

=========  =======================================================================================================
token      ``<|im_start|>user`` and its like: unmistakable
line       a role alone on its line: what decoding leaves of ChatML when special tokens are skipped
colon      ``User: ... Assistant: ...``
inline     the line breaks lost: ``system You are ... user ... assistant <think>...``
=========  =======================================================================================================

The opening names the style; where it has no marker of the assistant, the other styles' are asked, after the question.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from .roles import ASKERS, ASSISTANTS, END, LAST_TOKEN, OPENING, ROLES, SETTERS, Kind, Roles, Style, marker_at
from .tags import TAG
from .types import Span

# Which marker of the assistant is believed before which; of several of a rank the last one counts.
_RANKS: Final[dict[Style, dict[Kind, int]]] = {
    "line": {"line": 0, "colon line": 0, "start": 1, "colon": 2, "inline": 3},
    "colon": {"colon": 0, "colon line": 0, "loose": 1, "line": 2, "start": 3, "inline": 4},
    "inline": {"line": 0, "colon line": 0, "start": 0, "colon": 0, "inline": 0, "loose": 0},
}
_MIXED = 2
"""from this rank on it is another style's marker, believed only after a question"""
_NONE = 9
_MAX_WORDS = 4096
"""markers of the assistant that are looked at, from the end"""
_MAX_INSIDE = 4
"""of these, words inside a part that are passed over"""
_MAX_LINES = 256
"""lines of a user that are looked at for the turn after the assistant's"""


def scored_turn(text: str) -> Span | None:
    """Span of the turn to be scored; None when this is a transcript without an assistant turn."""
    opening = OPENING.match(text)
    turn = (0, len(text)) if opening is None else _last_turn(text, opening)
    ends = END.search(text, *turn) if turn is not None else None
    return (turn[0], ends.start()) if turn is not None and ends is not None else turn


def _last_turn(text: str, opening: re.Match[str]) -> Span | None:
    whole = (opening.end("lead"), len(text))
    if opening["token"] is not None:
        # no text writes these by chance: a prompt alone is one too
        last = LAST_TOKEN.match(text, opening.start("token"))
        return (last.end(), len(text)) if last is not None else None
    if opening["said"] is None or (opening["markup"] and not opening["colon"]):
        return whole
    role = opening["role"]
    if opening["inline"] is not None:
        return _inline_turn(text, opening, whole)
    style: Style = "line" if opening["line"] is not None and not opening["markup"] else "colon"
    if role.lower() == "assistant":
        return _replied_first(text, opening, style, whole)
    roles = ROLES[role]
    begin = asked = opening.end()
    said: str | None = opening["said"]
    second = None
    if role.lower() in SETTERS:
        second = roles.asker[style].search(text, _line_break(text, begin))
        said, asked = (second[1], second.end()) if second is not None else (None, len(text))
    start = _reply(text, style, roles, begin, asked, role.islower() or second is not None)
    if start is not None:
        return (start, _next_turn(text, start, style, roles, said))
    if second is not None:
        return None
    # "system\nYou are ... user ... assistant ..."
    return (_inline_turn(text, opening, whole) or whole) if style == "line" and role.lower() in SETTERS else whole


def _replied_first(text: str, opening: re.Match[str], style: Style, whole: Span) -> Span:
    """The turn of a text that begins with the assistant's marker: its reply, or the last one if a chat follows."""
    begin = opening.end()
    if style == "line" and not opening["line"].endswith("\n"):
        # the word alone is an answer
        return whole
    roles = ROLES[opening["role"]]
    asker = _asker_after(text, begin, roles.asker[style], None)
    if asker is None:
        return (begin, len(text))
    start = _last_marker(text, roles.assistant, style, asker.end(), asker.end())
    if start is not None:
        return (start, _next_turn(text, start, style, roles, asker[1]))
    # "Assistant: B\nHuman: none": no chat, unless the line says nothing else
    return (begin, max(begin, asker.start()) if style == "line" else len(text))


def _reply(text: str, style: Style, roles: Roles, begin: int, asked: int, sure: bool) -> int | None:
    """Where the assistant's last reply starts."""
    start = _last_marker(text, roles.assistant, style, begin, asked)
    if start is not None or asked >= len(text):
        return start
    # "model" is Gemma's word
    for word in (*ASSISTANTS, "model") if style == "line" else ASSISTANTS:
        start = _last_marker(text, word, style, asked, len(text)) if word != roles.assistant else None
        if start is not None:
            return start
    # the reply is plain text and may begin a line with the word too: the first one marks it
    first = roles.start.search(text, _line_break(text, asked)) if sure else None
    return first.end() if first is not None else None


def _last_marker(text: str, word: str, style: Style, begin: int, asked: int) -> int | None:
    """The end of the best marker of the assistant after ``begin``; of another style only after ``asked``."""
    ranks = _RANKS[style]
    best, start = _NONE, None
    inside: list[int] = []
    at = len(text)
    for _ in range(_MAX_WORDS):
        at = text.rfind(word, begin, at)
        if at < 0:
            break
        kind, tagged, end = marker_at(text, at, word)
        rank = ranks.get(kind, _NONE)
        if rank >= best or (rank >= _MIXED and at < asked):
            continue
        if not tagged and (kind in ("start", "inline") or style == "inline"):
            # a word of the text as likely as a marker
            continue
        if len(inside) < _MAX_INSIDE and text.find(word, begin, at) >= 0 and _is_inside(text, begin, end):
            # the word in the reply's own thinking, unless it is the only one
            inside.append(end)
            continue
        best, start = rank, end
        if rank == 0:
            break
    return start if start is not None else next(iter(inside), None)


def _is_inside(text: str, begin: int, at: int) -> bool:
    """Whether a part opens before ``at``, after ``begin``, and closes behind it."""
    tag = TAG.search(text, at)
    if tag is None or not tag[0].startswith("</"):
        return False
    return text.rfind(f"<{tag[0][2:]}", begin, at) > text.rfind(tag[0], begin, at)


def _inline_turn(text: str, opening: re.Match[str], whole: Span) -> Span | None:
    role = opening["role"]
    roles = ROLES[role]
    begin = opening.end()
    if role.lower() == "assistant":
        return whole
    if role.lower() in ASKERS:
        # "user ..." begins a sentence: only a reply that begins with a tag proves a transcript
        start = _last_marker(text, roles.assistant, "inline", begin, begin)
        return whole if start is None else (start, len(text))
    prompt = text.startswith("You", begin)
    sentence, word = roles.user
    clear = sentence.search(text, begin)
    user = clear or word.search(text, begin)
    if user is None:
        return whole
    start = _last_marker(text, roles.assistant, "inline", user.end(), user.end())
    if start is None and (prompt or role.islower()):
        # a plain reply may speak of an assistant too: the first one after the question is the marker
        sentence, word = roles.reply
        first = sentence.search(text, user.end() - 1) or word.search(text, user.end() - 1)
        start = first.end() if first is not None else None
    if start is not None:
        # where the turn after it would begin is not to be told from the reply's own words
        return (start, len(text))
    return None if prompt or (clear is not None and role.islower()) else whole


def _next_turn(text: str, start: int, style: Style, roles: Roles, said: str | None) -> int:
    """Where the turn after the assistant's begins: with a marker ``said`` before, or of its letter case on its line."""
    if style == "colon" and said is None:
        # "Human: no animal seen" in a reply
        return len(text)
    asker = _asker_after(text, start, roles.asker[style], said)
    return len(text) if asker is None else max(start, asker.start())


def _asker_after(text: str, start: int, asker: re.Pattern[str], said: str | None) -> re.Match[str] | None:
    """The first of a user's markers after ``start`` that is ``said`` so, if that is given, and not inside a part."""
    covered = start - 1
    for found in islice(asker.finditer(text, _line_break(text, start)), _MAX_LINES):
        if found.start() < covered or (said is not None and found[1] != said):
            continue
        tag = TAG.search(text, found.end())
        if tag is None or not tag[0].startswith("</"):
            return found
        covered = tag.start()
    return None


def _line_break(text: str, at: int) -> int:
    """``at``, or the line break before it, which also begins the line of the turn after an empty one."""
    return at - 1 if text[at - 1 : at] == "\n" else at
