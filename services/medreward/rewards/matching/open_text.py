"""Open-ended answers, where no judge is asked: equal after normalization, or not."""

from __future__ import annotations

from medreward.remember import remember

from .text import MAX_CHARS, normalize
from .verdict import BadReference, Verdict

_SLACK = 4
"""an equal answer is never longer than this many times its reference plus ``_ROOM``: markup is all that may go"""
_ROOM = 400

_normal_reference = remember(4096, longest=512)(normalize)


def match_text(answer: str, reference: str) -> Verdict:
    """1.0 when both texts are equal after :func:`normalize`; raises ``BadReference`` on a reference of nothing."""
    expected = _normal_reference(reference)
    if not expected:
        raise BadReference("reference.answer", "empty")
    if answer == reference:
        return Verdict(1.0, "equal")
    if not answer or answer.isspace():
        return Verdict(0.0, "empty answer")
    if len(answer) > max(MAX_CHARS, _SLACK * len(reference) + _ROOM):
        return Verdict(0.0, "not equal after normalization")
    equal = normalize(answer) == expected
    return Verdict(1.0, "equal") if equal else Verdict(0.0, "not equal after normalization")
