"""A checkpoint's scores, as the service gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from scipy.special import expit

from medreward.scorer.checkpoint import Calibration
from medreward.scorer.model import Model
from medreward_trainer.scorer.evaluation.table import Bools, Floats
from medreward_trainer.scorer.examples import Example
from medreward_trainer.scorer.reading import batches

BATCH_TOKENS: Final = 2048
"""of a forward, padding included"""


class NotFiniteError(ArithmeticError):
    """Weights that give no number; the message says how often."""


class Scores(NamedTuple):
    """Columns of shape ``(n,)``, in the order of the examples."""

    logits: Floats
    values: Floats
    """calibrated, in [0, 1]"""
    cut: Bools
    """whether the trajectory was too long to be read whole"""


def score(
    model: Model, calibration: Calibration, examples: Sequence[Example], batch_tokens: int = BATCH_TOKENS
) -> Scores:
    """The scores of ``examples``; near lengths are read together, with a progress bar where there is a terminal.

    Raises:
        NotFiniteError: a logit is not finite: such weights score nothing.
    """
    encoded = model.encoder.encode([example.ask for example in examples])
    logits = np.zeros(len(encoded))
    console = Console(stderr=True)
    every = batches([len(one.ids) for one in encoded], batch_tokens)
    for rows in track(every, "scoring", console=console, disable=not console.is_terminal, transient=True):
        logits[rows] = model.logits([encoded[row] for row in rows])
    if not np.isfinite(logits).all():
        raise NotFiniteError(f"{int((~np.isfinite(logits)).sum())} of {len(logits)} logits are not finite")
    values = expit(calibration.slope * logits + calibration.intercept)
    return Scores(logits, values, np.array([bool(one.cut) for one in encoded], dtype=np.bool_))
