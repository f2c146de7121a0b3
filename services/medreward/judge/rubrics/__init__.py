"""Rubrics: what a judge is asked and how it may answer. A rubric is a folder of files.

    rubric.yaml        name, version, fields, verdict (``load.py`` reads it)
    ORDER.system.txt   the system turn, if there is one
    ORDER.user.txt     the user turn, with a place ``{{field}}`` for each field

``types.py`` says what a loaded rubric is; ``check.py`` refuses one that cannot work; ours lie in ``shipped``.
How to write one: ``docs/rubrics.md``.
"""

from medreward.judge.rubrics.check import RubricError
from medreward.judge.rubrics.load import load_rubric, load_rubrics
from medreward.judge.rubrics.types import FieldKind, FieldSpec, Rubric, Texts

__all__ = ["FieldKind", "FieldSpec", "Rubric", "RubricError", "Texts", "load_rubric", "load_rubrics"]
