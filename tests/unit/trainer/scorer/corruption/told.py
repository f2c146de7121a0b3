"""Trajectories that the tests corrupt."""

from __future__ import annotations

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption import Parts


def told(*steps: str, question: str = "What is it?", answer: str = "Gallstone ileus") -> Parts:
    return Parts.of(ScorerAsk(question, (("think", "\n".join(steps)),), answer))


def think(ask: ScorerAsk | None) -> list[str]:
    assert ask is not None
    return ask.stages[0][1].split("\n")


ILEUS = told(
    "CT shows a large calcified stone in the distal bowel.",
    "There is air in the biliary tree.",
    "The bowel proximal to the stone is dilated.",
    "Gallstone ileus explains the obstruction.",
    question="An elderly woman vomits. CT shows a calcified stone and dilated bowel.",
)
APPENDICITIS = told(
    "The young man has pain that moved to the right lower quadrant.",
    "White cells are elevated and he is febrile.",
    "Ultrasound shows a thickened appendix.",
    "All of it fits acute appendicitis.",
    question="A young man has pain.",
    answer="Acute appendicitis",
)
