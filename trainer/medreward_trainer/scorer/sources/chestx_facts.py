"""Questions on RSNA and SIIM chest X-rays (pneumonia, pneumothorax): question, image id, gold option, nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from ..examples import Contrast
from ..grammar import Case, contrast
from ..grammar.asking import Options, among, is_there, turned, with_options
from ..grammar.lexicon import named
from .files import DataError, read_rows

FOLDER: Final = "chestx_rsna_siim"
_FILES: Final = "gpt4o.*_binary_test_option.jsonl.gz"
_SHOWN: Final = re.compile(r"does this chest x-ray show (?P<finding>[a-z ]+)\?", re.IGNORECASE)
_OPTIONS: Final = ("Yes", "No")


def load(data: Path, seed: int, limit: int | None = None) -> list[Contrast]:
    """Contrasts around the questions, one an image.

    The answer that a trajectory argues for is drawn evenly (see
    :func:`~medreward_trainer.scorer.grammar.asking.turned`).

    Args:
        data: the data root.
        seed: the only source of chance.
        limit: at most this many, the same ones for the same seed.

    Raises:
        DataError: when the files are missing (it names the folder), or a question or answer is not of the known form.
    """
    paths = sorted((data / FOLDER).glob(_FILES))
    if not paths:
        raise DataError(f"{data / FOLDER}: no {_FILES}")
    gold: dict[tuple[str, str], bool] = {}
    for path in paths:
        for row in read_rows(path, dict[str, Any]):
            asked = _SHOWN.match(row["question"])
            if asked is None or row["answer"] not in ("A", "B"):
                raise DataError(f"{path.name}: not a question with options A and B: {row['item_id']}")
            gold[(row["item_id"], asked["finding"])] = row["answer"] == "A"
    items = sorted(gold.items())
    Random(f"{seed}/chestx").shuffle(items)
    cases: list[tuple[Case, str, Random]] = []
    for (image, finding), there in items[:limit]:
        rng = Random(f"{seed}/chestx/{image}/{finding}")
        case = is_there(f"Does this chest X-ray show {finding}?", _entity(finding), there, "chest", rng, words=_OPTIONS)
        options: Options = rng.choice(("plain", "letters", "letters"))
        cases.append((with_options(turned(case, rng), options, rng, _OPTIONS), image, rng))
    peers = among(case for case, _, _ in cases)
    return [contrast(msgspec.structs.replace(case, peers=peers), "chestx", image, rng) for case, image, rng in cases]


def _entity(finding: str) -> str:
    keys = named(finding)
    if not keys:
        raise DataError(f"{FOLDER}: the grammar has no words for {finding!r}")
    return keys[0]
