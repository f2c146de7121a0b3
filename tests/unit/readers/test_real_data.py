"""The readers on the data sets themselves: nothing is lost, and what the gold answers say is right."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path

import pytest

from medreward.assembly import build_pipeline
from medreward.config import Settings
from medreward.contract.types import Result, Rollout, ScoreRequest
from medreward.readers import READERS, RESPOND, Options, Respond, Skipped, Source
from medreward.scoring.check import defect

DATA = os.environ.get("MEDREWARD_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA does not name the folder of real data")

# reader, file, rows, of which skipped
GOLD = [
    ("rad-restruct", "rad_restruct/val_qa.jsonl.gz", 16_874, 3),
    ("cares", "cares_iu/iuxray_factuality.jsonl.gz", 2_573, 82),
    ("slake-boxes", "slake/detection_all.jsonl", 642, 62),
    ("vqa-rad", "vqa_rad/trainset.json", 3_064, 0),
    ("vqa-rad", "vqa_rad/testset.json", 451, 0),
]


def read(name: str, path: Path, respond: Respond = "reference") -> tuple[list[Rollout], list[Skipped]]:
    rows = list(READERS[name].read(Source(path), Options(respond)))
    rollouts = [row for row in rows if isinstance(row, Rollout)]
    assert not [rollout.id for rollout in rollouts if defect(rollout)]
    assert max(Counter(rollout.id for rollout in rollouts).values()) == 1
    return rollouts, [row for row in rows if isinstance(row, Skipped)]


def score(rollouts: list[Rollout], recipe: str = "gemex") -> list[Result]:
    request = ScoreRequest(recipe=recipe, deadline_ms=300_000, rollouts=rollouts)
    return asyncio.run(build_pipeline(Settings()).score(request)).results


@pytest.mark.parametrize(("name", "file", "rows", "skipped"), GOLD)
@pytest.mark.parametrize("respond", RESPOND)
def test_gold_answers_score_full_marks_and_other_ones_nothing(
    name: str, file: str, rows: int, skipped: int, respond: Respond
) -> None:
    rollouts, left_out = read(name, Path(DATA or "", file), respond)
    assert (len(rollouts) + len(left_out), len(left_out)) == (rows, skipped)
    expected = 2.0 if respond == "reference" else 0.0
    wrong = [(result.id, result.components) for result in score(rollouts) if result.reward != expected]
    assert wrong == []


def test_chestx_answers_are_found_in_real_outputs() -> None:
    for path in sorted(Path(DATA or "", "chestx_rsna_siim").glob("*.jsonl.gz")):
        rollouts, left_out = read("chestx", path)
        assert (len(rollouts), left_out) == (300, [])
        results = score(rollouts)
        assert all(result.reward is not None for result in results)
        right = sum(result.components["semantics"].value == 1.0 for result in results)
        # two options: far from both would mean that answers are not found
        assert 120 <= right <= 280


def test_vlm_r1_boxes_agree_with_the_logs_own_verdicts() -> None:
    for path in sorted(Path(DATA or "", "vlm_r1_refcoco").glob("*.json.gz")):
        rollouts, left_out = read("vlm-r1", path)
        assert (len(rollouts), left_out) == (500, [])
        values = [result.components["grounding"].value for result in score(rollouts, "medsage-released")]
        # the logs count a box right above IoU 0.5 and report 87 to 91 %
        assert 0.85 <= sum(value is not None and value > 0.5 for value in values) / 500 <= 0.92
