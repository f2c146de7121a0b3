"""A grammar that writes MEDSAGE trajectories (localization, visual, knowledge, conclusion) and their corrupted twins.

Read ``sketch.py`` first: what a trajectory means. ``words/`` and ``frames/`` hold every phrase; ``writer.py`` puts a
sketch into words, ``corrupt.py`` breaks it, ``contrast.py`` puts one question's trajectories together, and
``asking.py`` turns the questions of data sets into cases. ``show.py`` prints some for a person to read.
"""

from .contrast import contrast
from .sketch import Case, Claim, Fact, Sketch
from .writer import Draft, Writer

__all__ = ["Case", "Claim", "Draft", "Fact", "Sketch", "Writer", "contrast"]
