"""The labelled answers that ``agreement`` reads from ``MEDREWARD_DATA``; nothing of them is kept in the project."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import NamedTuple

SYSTEMS = ("fid", "gpt35", "chatgpt", "gpt4", "newbing")
DIAGNOSIS = "What is the final diagnosis?"
"""MedRBench asks this of a case; the case itself would only be context"""
_ANSWER = re.compile(r"#+\s*Answer\s*:?\s*")


class Labelled(NamedTuple):
    """A judged answer."""

    key: str
    """question or case: what the halves are split by"""
    question: str
    reference: str
    candidate: str
    right: bool


def evouna(folder: Path) -> list[Labelled]:
    """EVOUNA NQ without the questions that its authors marked improper, and without answers nobody judged."""
    with gzip.open(folder / "evouna" / "NQ.json.gz", "rt", encoding="utf-8") as file:
        rows = json.load(file)
    return [
        Labelled(row["question"], row["question"], row["golden_answer"], row[f"answer_{name}"], row[f"judge_{name}"])
        for row in rows
        if not row["improper"]
        for name in SYSTEMS
        if row[f"answer_{name}"] is not None and row[f"judge_{name}"] is not None
    ]


def medrbench(folder: Path) -> dict[str, list[Labelled]]:
    """Final diagnoses by the label of each judge, and where both agree; answers without an answer part are left out."""
    sets: dict[str, list[Labelled]] = {
        "MedRBench diagnoses, both judges agree": [],
        "MedRBench diagnoses, GPT's labels": [],
        "MedRBench diagnoses, gemma's labels": [],
    }
    both, gpt, gemma = sets.values()
    path = folder / "medrbench" / "final_diagnosis_two_judges.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for text in file:
            row = json.loads(text)
            parts = _ANSWER.split(row["response"])
            if len(parts) < 2:
                continue
            candidate = parts[-1].strip().strip("`").strip()
            of = (row["id"], DIAGNOSIS, row["gold"], candidate)
            gpt.append(Labelled(*of, row["acc_gpt"]))
            gemma.append(Labelled(*of, row["acc_gemma"]))
            if row["acc_gpt"] == row["acc_gemma"]:
                both.append(Labelled(*of, row["acc_gpt"]))
    return sets
