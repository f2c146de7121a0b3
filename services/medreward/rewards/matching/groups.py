"""Groups: mentions that are one list ("A, C and D", "B: Clear", "A or B") become one ``O`` in the code string.

Commas are the hard part. "The answers are A, C" is a list, but in "B, A is wrong" and "not A, B" the comma ends what
the predicate or the negator reaches: two options joined by nothing stronger than punctuation come apart when words
judge one of them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .coded import BREAKS, Mention
from .options import Keys

_GROUP = re.compile(r"Q|O(?:[,;/&|:\n()-]*+O)*+")
_LIST = re.compile(r"O[,;/&|:\n()-]*O").search
# "A and none of the others": the joint begins a remark.
_THE_OTHERS = re.compile(r"&(?=[nN]f*e)").sub
_STRONG = frozenset("&|/")
_TERMS = re.compile(r"[^.?;\n,:()su-]*$")
_DENIERS = frozenset("nNwcEhR")


class Group(NamedTuple):
    """Options named together."""

    keys: Keys
    letter: bool
    alternative: bool
    """joined by "or", or a range: it does not say which"""
    listing: bool
    """several options, each on its own line or with its text: possibly just the question's options again"""
    titled: bool
    """one option by letter and text, as a heading has it"""
    bare: bool
    """one of them by letter alone"""


def join(codes: str, mentions: list[Mention]) -> tuple[str, list[Group]]:
    """Replace every run of mentions by one ``O`` and say what it holds, in order."""
    if "e" in codes and "&" in codes:
        codes = _THE_OTHERS(",", codes)
    if not _LIST(codes):
        return codes, [Group(keys, letter, False, False, letter and text, not text) for keys, letter, text in mentions]
    out: list[str] = []
    groups: list[Group] = []
    at = taken = 0
    for run in _GROUP.finditer(codes):
        out.append(codes[at : run.start()])
        at = run.end()
        size = 1 if run[0] == "Q" else run[0].count("O")
        members = mentions[taken : taken + size]
        taken += size
        joints = run[0].split("O")[1:-1]
        head, tail = members, None
        cut = _cut(codes, run.start(), at, members, joints)
        if cut:
            head, tail = members[:cut], members[cut:]
        groups.append(_group(head, joints[: len(head) - 1]))
        out.append(run[0][0])
        if tail:
            groups.append(_group(tail, joints[cut:]))
            out.append((joints[cut - 1] or ",") + "O")
    out.append(codes[at:])
    return "".join(out), groups


def _cut(codes: str, start: int, end: int, members: list[Mention], joints: list[str]) -> int:
    """Where the list comes apart: how many of its members belong to the first part, or 0 when it holds together."""
    after = codes[end] if end < len(codes) else "."
    judged = after not in BREAKS
    terms = _TERMS.search(codes, max(0, start - 40), start)
    denied = terms is not None and not _DENIERS.isdisjoint(terms[0])
    if not judged and not denied:
        return 0
    # An option and its own text are one item, whichever comes first.
    firsts = [i for i in range(1, len(members)) if not _paired(members[i - 1], members[i])]
    loose = [i for i in firsts if not _STRONG & set(joints[i - 1])]
    apart = [i for i in loose if not set(joints[i - 1]) <= {","}]
    if apart:
        return apart[0] if denied else apart[-1]
    if not loose or loose[-1] != firsts[-1] or after == "B":
        return 0
    return loose[-1] if len(firsts) == 1 or len(loose) < len(firsts) else 0


def _paired(first: Mention, second: Mention) -> bool:
    return first.keys == second.keys and not (first.letter and second.letter)


def _group(members: list[Mention], joints: list[str]) -> Group:
    keys = frozenset().union(*(member.keys for member in members))
    several = len(keys) > 1 and len(members) > 1
    letter = any(member.letter for member in members)
    texts = {member.keys for member in members if member.text}
    bare = not texts.issuperset(member.keys for member in members)
    return Group(
        keys,
        letter,
        several and (any("|" in joint for joint in joints) or (bare and "-" in joints)),
        several and (all(member.text for member in members) or any("\n" in joint for joint in joints)),
        letter and not several and any(member.text for member in members),
        bare,
    )
