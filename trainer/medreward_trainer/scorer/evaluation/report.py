"""From a checkpoint and contrasts to ``metrics.json`` and plots."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import torch

from medreward.scorer.checkpoint import Checkpoint, CheckpointError
from medreward.scorer.model import Model
from medreward_trainer.scorer.evaluation import baselines
from medreward_trainer.scorer.evaluation.intervals import Bootstrap
from medreward_trainer.scorer.evaluation.measure import length_correlation, measure
from medreward_trainer.scorer.evaluation.plots import draw
from medreward_trainer.scorer.evaluation.reliability import reliability
from medreward_trainer.scorer.evaluation.scoring import Scores, score
from medreward_trainer.scorer.evaluation.slices import slices
from medreward_trainer.scorer.evaluation.table import Bools, Floats, Table, by_source
from medreward_trainer.scorer.evaluation.targets import targets
from medreward_trainer.scorer.evaluation.types import SCORER, Evaluated, Method, Metrics, Slice
from medreward_trainer.scorer.examples import Contrast, Split

METRICS: Final = "metrics.json"
RESAMPLES: Final = 1000


class EvaluationError(ValueError):
    """There is nothing to evaluate on; the message says what is missing."""


def evaluate(
    checkpoint: Checkpoint,
    data: Mapping[Split, Sequence[Contrast]],
    out: Path | None = None,
    *,
    seed: int,
    resamples: int = RESAMPLES,
    limit: int | None = None,
    device: str | None = None,
) -> Metrics:
    """Measures a checkpoint and the baselines on the split ``test``.

    Args:
        checkpoint: what is measured.
        data: contrasts by split; baselines are fitted on ``train``, only ``test`` is scored.
        out: directory for ``metrics.json`` and plots; made if missing. None: nothing is written.
        seed: of the intervals, and of the data's corruptions.
        resamples: of the bootstrap.
        limit: most test contrasts of each source, drawn; None: all.
        device: that the encoders run on; None: a GPU where there is one.

    Raises:
        EvaluationError: there are no test contrasts.
        CheckpointError: the checkpoint's model cannot be loaded.
        NotFiniteError: its weights give logits that are not finite.
    """
    tested = limited(data.get("test", ()), limit, seed)
    test = Table.of(tested)
    if not test.examples:
        raise EvaluationError("the data have no contrasts of the split 'test'")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    scores = score(Model.load(checkpoint, device), checkpoint.card.calibration, test.examples)
    methods, columns = _methods(checkpoint, Table.of(data.get("train", ())), test, scores, device)
    bootstrap = Bootstrap(resamples, seed)
    found = {name: _slice(what, rows, test, scores, columns, bootstrap) for name, (what, rows) in slices(test).items()}
    card = checkpoint.card
    metrics = Metrics(
        evaluated=Evaluated(
            name=card.name,
            sha256=checkpoint.sha256,
            backbone=card.backbone,
            max_tokens=card.max_tokens,
            seed=seed,
            resamples=resamples,
            limit=limit,
        ),
        data={split: by_source(tested if split == "test" else data[split]) for split in sorted(data)},
        cut=int(scores.cut.sum()),
        read=len(scores.cut),
        methods=methods,
        slices=found,
        targets=targets(found),
    )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / METRICS).write_bytes(msgspec.json.format(msgspec.json.encode(metrics), indent=1) + b"\n")
        draw(test, scores.values, metrics, out)
    return metrics


def limited(contrasts: Sequence[Contrast], limit: int | None, seed: int) -> list[Contrast]:
    """At most ``limit`` contrasts of each source, drawn by ``seed``, in the order given."""
    by_source: dict[str, list[int]] = {}
    for at, contrast in enumerate(contrasts):
        by_source.setdefault(contrast.source, []).append(at)
    kept: list[int] = []
    for source, places in by_source.items():
        few = limit is not None and len(places) > limit
        kept += random.Random(f"{seed}/{source}").sample(places, limit or 0) if few else places
    return [contrasts[at] for at in sorted(kept)]


def _methods(
    checkpoint: Checkpoint, train: Table, test: Table, scores: Scores, device: str
) -> tuple[dict[str, Method], dict[str, Floats]]:
    """What was run, and the scores of those that could be: columns of shape ``(n,)``."""
    # values, not logits, would tie where the sigmoid is flat
    columns = {SCORER: scores.logits}
    methods = {SCORER: Method(what=f"the checkpoint {checkpoint.card.name}")}
    run: dict[str, Callable[[], tuple[Floats, str]]] = {
        baselines.LENGTH: lambda: baselines.length(train, test),
        baselines.BAG_OF_WORDS: lambda: baselines.bag_of_words(train, test),
        baselines.UNTRAINED: lambda: baselines.untrained(checkpoint.card, test, device),
    }
    for name, baseline in run.items():
        try:
            columns[name], what = baseline()
        except (baselines.BaselineError, CheckpointError) as error:
            methods[name] = Method(what=name, absent=str(error))
        else:
            methods[name] = Method(what=what)
    return methods, columns


def _slice(
    what: str, rows: Bools, test: Table, scores: Scores, columns: Mapping[str, Floats], bootstrap: Bootstrap
) -> Slice:
    table, values = test.where(rows), scores.values[rows]
    return Slice(
        what=what,
        counts=table.counts(),
        methods={name: measure(table, column[rows], bootstrap) for name, column in columns.items()},
        reliability=reliability(table, values, bootstrap),
        length_correlation=length_correlation(table, values),
    )
