"""Open questions of public data sets as rollouts, each with answers that a policy might give."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medreward.contract import types as t

DATA = os.environ.get("MEDREWARD_DATA")
NO_DATA = "MEDREWARD_DATA does not name the folder of real data"


def rows(name: str) -> list[dict[str, Any]]:
    """The open questions of ``vqa_rad`` or ``slake`` (English), as they stand there."""
    root = Path(DATA or "")
    if name == "vqa_rad":
        found = json.loads((root / "vqa_rad" / "testset.json").read_text())
    else:
        found = json.loads(gzip.decompress((root / "slake" / "validate.json.gz").read_bytes()))
    return [row for row in found if row["answer_type"].strip() == "OPEN" and row.get("q_lang", "en") == "en"]


def rollouts(name: str) -> Iterator[t.Rollout]:
    """Two of each question: its answer in a sentence, and the answer of a question far from it."""
    found = rows(name)
    for index, row in enumerate(found):
        other = found[(index + len(found) // 2) % len(found)]
        answers = {"same": f"The answer is {row['answer']}.", "other": str(other["answer"])}
        for kind, answer in answers.items():
            yield t.Rollout(
                id=f"{name}/{index}/{kind}",
                group_id=f"{name}/{index}",
                question=row["question"],
                question_type="open_ended",
                response=f"<think>I look at the image.</think><response><answer>{answer}</answer></response>",
                reference=t.Reference(str(row["answer"])),
            )
