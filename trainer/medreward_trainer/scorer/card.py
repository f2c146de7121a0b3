"""The model card: ``README.md`` beside a checkpoint, in the form of the Hugging Face hub.

What it says in numbers is read from the evaluation's metrics and from the run's settings; the prose is ``card.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any, Final

import yaml
from huggingface_hub import EvalResult, ModelCardData

from medreward.scorer.checkpoint import EMBEDDED, Checkpoint
from medreward_trainer.scorer.evaluation.grids import Grid, all_grids, shown
from medreward_trainer.scorer.evaluation.plots import PLOTS
from medreward_trainer.scorer.evaluation.types import ALL, SCORER, Counts, Estimate, Metrics

FILE: Final = "README.md"
_TEMPLATE: Final = Path(__file__).with_name("card.md")
_BACKBONES: Final = {EMBEDDED: ("sentence-transformers/all-MiniLM-L6-v2", "Apache-2.0")}
"""name on the hub, and licence, of what we ship"""


def write_card(
    checkpoint: Checkpoint,
    metrics: Metrics,
    config: Mapping[str, Any],
    licences: Mapping[str, str],
    command: str,
) -> Path:
    """Writes the card into the checkpoint's directory; returns the file.

    Args:
        checkpoint: that was trained.
        metrics: of this checkpoint.
        config: the run's settings, plain values by name.
        licences: of every source in the metrics' data, by name.
        command: that made the checkpoint.

    Raises:
        ValueError: the metrics are another checkpoint's, or a source has no licence.
    """
    if metrics.evaluated.sha256 != checkpoint.sha256:
        raise ValueError(f"the metrics are of checkpoint {metrics.evaluated.sha256[:12]}, not of this one")
    used = {source for counts in metrics.data.values() for source in counts}
    if missing := sorted(used - set(licences)):
        raise ValueError(f"no licence is known of {', '.join(missing)}")
    path = checkpoint.path / FILE
    text = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        _fields(checkpoint, metrics, config, licences, command)
    )
    path.write_text(f"---\n{_front(checkpoint, metrics, licences)}\n---\n\n{text}", encoding="utf-8")
    return path


def weights_licence(licences: Iterable[str]) -> tuple[str, str]:
    """The hub's name of the licence of weights trained on data of these licences, and why.

    Whether weights are a derivative of their data is not settled, so the most demanding condition is kept.
    """
    found = sorted(set(licences))
    every = "; ".join(found) or "none"
    conditions = set(re.findall(r"[A-Z]+", " ".join(found).upper()))
    if conditions & {"NC", "ND"}:
        return "other", (
            f"The training data's licences are: {every}. One forbids commercial use or derivatives: "
            "these weights must not be passed on."
        )
    if "SA" in conditions:
        why = "Whether weights derive from their data is not settled; sharing alike and attribution are kept."
        return "cc-by-sa-4.0", f"The training data's licences are: {every}. {why} The weights are CC BY-SA 4.0."
    if "BY" in conditions:
        why = "Whether weights derive from their data is not settled; attribution is kept."
        return "cc-by-4.0", f"The training data's licences are: {every}. {why} The weights are CC BY 4.0."
    return "apache-2.0", f"The training data's licences are: {every}. The weights are Apache-2.0, as the code is."


def _front(checkpoint: Checkpoint, metrics: Metrics, licences: Mapping[str, str]) -> str:
    trained = sorted(metrics.data.get("train", {}))
    licence, _ = weights_licence(licences[source] for source in trained)
    backbone = checkpoint.card.backbone
    hub_name = _BACKBONES.get(backbone, ("" if Path(backbone).exists() else backbone, ""))[0]
    data = ModelCardData(
        model_name=checkpoint.card.name,
        language="en",
        license=licence,
        license_name="not-to-be-passed-on" if licence == "other" else None,
        base_model=hub_name or None,
        library_name="peft" if checkpoint.adapted else "transformers",
        pipeline_tag="text-classification",
        tags=["medical", "radiology", "reward-model", "reasoning", "medreward"],
        datasets=trained,
        metrics=["roc_auc", "brier_score", "pairwise_accuracy"],
        eval_results=list(_results(metrics)),
    )
    return data.to_yaml()


def _results(metrics: Metrics) -> Iterable[EvalResult]:
    for name, one in metrics.slices.items():
        scorer = one.methods[SCORER]
        measured = {("pairwise_accuracy", kind): estimate for kind, estimate in scorer.pairwise.items()}
        measured[("roc_auc", ALL)] = scorer.auc[ALL]
        measured |= {("roc_auc", f"within {writer}"): e for writer, e in scorer.auc_within_writer.items()}
        measured[("brier_score", ALL)] = one.reliability.brier
        for (metric, of), estimate in measured.items():
            if estimate.value is not None:
                yield EvalResult(
                    task_type="text-classification",
                    task_name="soundness of medical reasoning",
                    dataset_type=name.rpartition("/")[2],
                    dataset_name=f"{name} ({one.counts.groups} held-out groups)",
                    dataset_split="test",
                    metric_type=metric,
                    metric_name=f"{metric}, {of}, 95 % CI {_interval(estimate)}",
                    metric_value=estimate.value,
                )


def _interval(estimate: Estimate) -> str:
    return shown(estimate).partition(" ")[2]


def _fields(
    checkpoint: Checkpoint, metrics: Metrics, config: Mapping[str, Any], licences: Mapping[str, str], command: str
) -> dict[str, object]:
    card, evaluated = checkpoint.card, metrics.evaluated
    trained = metrics.data.get("train", {})
    hub_name, backbone_licence = _BACKBONES.get(card.backbone, (card.backbone, "its own licence"))
    other = {source: counts for source, counts in metrics.data.get("test", {}).items() if source not in trained}
    return {
        "name": card.name,
        "summary": f"A scorer of medical reasoning trajectories, trained by contrast on: {', '.join(trained)}.",
        "sha256": checkpoint.sha256,
        "backbone": f"{hub_name} ({backbone_licence})",
        "max_tokens": card.max_tokens,
        "slope": card.calibration.slope,
        "intercept": card.calibration.intercept,
        "training_data": _data_table("Trained on:", trained, licences),
        "held_out_data": _data_table("Only evaluated on, with no part in the weights:", other, licences),
        "licence_reason": weights_licence(licences[source] for source in trained)[1],
        "command": command,
        "config": yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True).rstrip(),
        "confidence": f"{100 * evaluated.confidence:g}",
        "resamples": evaluated.resamples,
        "seed": evaluated.seed,
        "limited": f"At most {evaluated.limit} questions of each source were looked at.\n" if evaluated.limit else "",
        "methods": "\n".join(
            f"- `{name}`: {f'absent: {method.absent}' if method.absent else method.what}"
            for name, method in metrics.methods.items()
        ),
        "grids": "\n\n".join(f"### {grid.title}\n\n{grid.markdown()}" for grid in all_grids(metrics)),
        "plots": "\n".join(f"![{what}]({file})" for file, what in PLOTS.items() if (checkpoint.path / file).is_file()),
        "limits": _limits(metrics),
    }


def _data_table(title: str, data: Mapping[str, Counts], licences: Mapping[str, str]) -> str:
    if not data:
        return f"{title} nothing."
    rows = [
        (source, licences[source], str(counts.groups), str(counts.sound), str(counts.unsound))
        for source, counts in data.items()
    ]
    headers = ("source", "licence", "images, reports or cases", "sound trajectories", "unsound trajectories")
    return f"{title}\n\n{Grid(title, headers, rows).markdown()}"


def _limits(metrics: Metrics) -> str:
    """What the numbers say falls short."""
    lines = [
        f"- Missed: {one.measure} of {one.of} in {one.slice} is {shown(one.estimate)}, not {one.at_least:.2f}."
        for one in metrics.targets
        if one.verdict == "missed"
    ]
    lines += [
        f"- Not shown: {one.measure} of {one.of} in {one.slice}: {one.estimate.absent}."
        for one in metrics.targets
        if one.verdict == "absent"
    ]
    lines += [
        f"- Length: among sound trajectories in {name}, value and words have a rank correlation of "
        f"{one.length_correlation.value:+.2f}."
        for name, one in metrics.slices.items()
        if one.length_correlation.value is not None
    ]
    share = 100 * metrics.cut / metrics.read
    lines.append(f"- {metrics.cut} of {metrics.read} test trajectories ({share:.1f} %) were too long to be read whole.")
    return "\n".join(lines)
