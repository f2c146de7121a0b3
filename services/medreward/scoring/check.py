"""Which rollouts cannot be scored at all, whatever the recipe, and why."""

from __future__ import annotations

from medreward.contract.types import BOX_SPACES, QUESTION_TYPES, Rollout

_LARGEST_IMAGE = 1_000_000


def defect(rollout: Rollout) -> str | None:
    """What is wrong with the rollout, beginning with the field's path; None when nothing is.

    What only one reward needs (choices, reference regions) is checked by that reward, so that the others still count.
    """
    if not rollout.id:
        return "id: required"
    if rollout.response is None:
        return "response: required"
    if not _is_text(rollout.response):
        return "response: holds half of a surrogate pair, which is no character"
    if not rollout.question_type:
        return "question_type: required"
    if rollout.question_type not in QUESTION_TYPES:
        return _not_one_of("question_type", rollout.question_type, QUESTION_TYPES)
    if rollout.box_space is not None and rollout.box_space not in BOX_SPACES:
        return _not_one_of("box_space", rollout.box_space, BOX_SPACES)
    if rollout.retry is not None:
        if rollout.retry.response is None:
            return "retry.response: required"
        if not _is_text(rollout.retry.response):
            return "retry.response: holds half of a surrogate pair, which is no character"
    if (image := rollout.image) is not None:
        for name, pixels in (("width", image.width), ("height", image.height)):
            if not 0 < pixels <= _LARGEST_IMAGE:
                return f"image.{name}: must be from 1 to {_LARGEST_IMAGE} pixels, not {pixels}"
    return None


def _is_text(text: str) -> bool:
    """Whether it can be written as UTF-8; only a Python caller can give what cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _not_one_of(path: str, value: str, allowed: tuple[str, ...]) -> str:
    return f"{path}: must be one of {', '.join(allowed)}, not {value[:40]!r}"
