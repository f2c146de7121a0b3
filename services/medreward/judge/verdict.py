"""From what an engine wrote to a verdict on the rubric's menu; anything else is unscored, never a number."""

from __future__ import annotations

import re

from medreward.judge.expected import distributions
from medreward.judge.prompt import VERDICT
from medreward.judge.reply import Unparseable, scan, swapped_back
from medreward.judge.types import Completion, Prompt, Verdict

__all__ = ["Unparseable", "read", "two_scores"]

_SCORE = r"(10(?:\.00?)?|[1-9](?:\.[0-9]{1,2})?)"
_TWO = re.compile(rf"\A[ \t]*+{_SCORE}(?:[ \t]*+,[ \t]*+|[ \t]++){_SCORE}[ \t\r]*+(?:\n|\Z)")


def read(prompt: Prompt, completion: Completion) -> Verdict:
    """The verdict that a completion gives.

    Where the prompt was swapped the two scores are exchanged back, so that a rubric's first score is always that of
    its first answer; a reason still speaks of the assistants as they stood in the prompt.

    Raises:
        Unparseable: status ``unparseable_verdict``.
    """
    reply = scan(prompt, completion)
    reason = None if prompt.stop else reply.reason
    if not prompt.rubric.scores:
        return Verdict(scores={}, choice=reply.values[VERDICT].text, reason=reason, distributions={})
    scores = {name: int(value.text) for name, value in reply.values.items()}
    return Verdict(
        scores=swapped_back(prompt, scores), choice=None, reason=reason, distributions=distributions(prompt, completion)
    )


def two_scores(text: str) -> tuple[float, float]:
    """The two scores, 1 to 10, that make up the first line of a stored review: ``9 8.5`` and then the reason.

    That is how reviews in the way of LLaVA's were written (``calibrate`` reads such); a score in the text is none.

    Raises:
        Unparseable: the first line is anything else.
    """
    found = _TWO.match(text)
    if found is None:
        raise Unparseable("its first line is not two scores from 1 to 10", text)
    return float(found[1]), float(found[2])
