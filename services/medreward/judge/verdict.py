"""From what an engine wrote to a verdict on the rubric's menu; anything else is unscored, never a number."""

from __future__ import annotations

from medreward.judge.expected import distributions
from medreward.judge.prompt import VERDICT
from medreward.judge.reply import Unparseable, scan, swapped_back
from medreward.judge.types import Completion, Prompt, Verdict

__all__ = ["Unparseable", "read"]


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
