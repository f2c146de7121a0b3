"""An answer as the response of a policy, so that what was meant to reach the judge does."""

from __future__ import annotations

from medreward.parsing import parse
from medreward.parsing.blank import is_blank


def written(answer: str) -> str:
    """``<think>...</think><answer>ANSWER</answer>``, or ``answer`` alone where the parser takes only that whole.

    An answer with tags or turn markers of its own may survive in neither form; it stays in its tags then, and
    :func:`carried` tells.
    """
    tagged = f"<think>The image was read.</think><answer>{answer}</answer>"
    return answer if not carried(tagged, answer) and carried(answer, answer) else tagged


def carried(response: str, answer: str) -> bool:
    """Whether the parser finds all of ``answer`` in ``response``; of a blank one, that there is none."""
    found = parse(response).answer
    return is_blank(answer) if found is None else found.split() == answer.split()
