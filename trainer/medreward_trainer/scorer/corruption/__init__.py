"""Unsound trajectories made of sound ones, at the level of the text.

``parts.py`` cuts a trajectory into what can be exchanged; ``side.py``, ``negation.py`` (with the opposites of
``opposites.txt``), ``stages.py`` and ``answer.py`` each hold one family of corruptions, ``variants.py`` the changes
that leave a trajectory sound. All are pure functions of ``(parts, rng)`` or ``(parts, donor, rng)`` that return the
changed trajectory, or ``None`` where the change does not apply. A donor is a sound trajectory of another question, best
of one that resembles it.
"""

from medreward_trainer.scorer.corruption.answer import conclusion_conflict, unsupported_leap, wrong_answer
from medreward_trainer.scorer.corruption.negation import FormCounts, count_forms, negation_flip
from medreward_trainer.scorer.corruption.parts import Parts
from medreward_trainer.scorer.corruption.side import side_flip
from medreward_trainer.scorer.corruption.stages import repeated_stage, stage_swap
from medreward_trainer.scorer.corruption.variants import reordered, shortened

__all__ = [
    "FormCounts",
    "Parts",
    "conclusion_conflict",
    "count_forms",
    "negation_flip",
    "reordered",
    "repeated_stage",
    "shortened",
    "side_flip",
    "stage_swap",
    "unsupported_leap",
    "wrong_answer",
]
