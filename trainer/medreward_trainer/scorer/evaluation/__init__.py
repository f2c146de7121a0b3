"""What a checkpoint is worth on questions that it has not seen, beside baselines.

===============  ==============================================================================================
``report``       read it first: :func:`evaluate`, from a checkpoint and contrasts to numbers, tables and plots
``types``        what is measured: the content of ``metrics.json``
``table``        trajectories as columns, and the pairs of each question
``slices``       which trajectories are looked at together
``scoring``      a checkpoint's logits and values
``baselines``    length, bag of words, the untrained encoder
``metrics``      pairwise accuracy and AUC
``intervals``    their confidence intervals, by groups
``reliability``  how far a value is a probability
``measure``      all of these over a slice
``targets``      met or missed
``grids``        the numbers as tables, for the terminal and for the model card
``plots``        the numbers as pictures
===============  ==============================================================================================

Nothing is chosen here: what is measured on the split ``test`` decides nothing about the checkpoint.
"""

from medreward_trainer.scorer.evaluation.report import evaluate
from medreward_trainer.scorer.evaluation.types import Metrics

__all__ = ["Metrics", "evaluate"]
