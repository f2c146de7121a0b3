"""Real input through the command line and the served cluster: ``medreward score FILE --url ... --reader ...``."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.running import Cluster

DATA = os.environ.get("MEDREWARD_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA does not name the folder of real data")


def data(name: str) -> Path:
    return Path(DATA or "") / name


def score(cluster: Cluster, source: Path, out: Path, *arguments: str) -> tuple[list[dict[str, Any]], str]:
    """The result lines, and what was printed."""
    command = [sys.executable, "-m", "medreward", "score", str(source), "--url", cluster.url, "--recipe", "gemex"]
    done = subprocess.run(
        [*command, "--out", str(out), *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in out.read_text().splitlines()], done.stdout


def outcomes(results: list[dict[str, Any]], component: str) -> Counter[Any]:
    return Counter(r["components"][component].get("value", r["components"][component]["status"]) for r in results)


RUNS = sorted(path.name for path in data("vlm_r1_refcoco").glob("*.json.gz")) if DATA else []


def overlap(a: list[float], b: list[float]) -> float:
    """IoU, written apart from ours: by the lengths that two intervals share."""

    def shared(low_a: float, high_a: float, low_b: float, high_b: float) -> float:
        return max(0.0, (high_a - low_a) + (high_b - low_b) - (max(high_a, high_b) - min(low_a, low_b)))

    common = shared(a[0], a[2], b[0], b[2]) * shared(a[1], a[3], b[1], b[3])
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def miou_of_raw_text(row: dict[str, Any]) -> float:
    """The best box's IoU over the number of boxes written: one box is right at most, since one is wanted."""
    written = re.findall(r'"bbox_2d"\s*:\s*\[([^\]]*)\]', row["model_output"])
    boxes = [[float(number) for number in box.split(",")] for box in written]
    overlaps = [overlap(box, row["ground_truth"]) for box in boxes if box[0] < box[2] and box[1] < box[3]]
    return max(overlaps, default=0.0) / max(1, len(boxes))


@pytest.mark.parametrize("name", RUNS)
def test_vlm_r1_miou_equals_that_of_the_raw_text_for_every_row(cluster: Cluster, tmp_path: Path, name: str) -> None:
    rows = json.loads(gzip.decompress((data("vlm_r1_refcoco") / name).read_bytes()))["results"]
    arguments = ("--reader", "vlm-r1", "--explain")
    results, _ = score(cluster, data("vlm_r1_refcoco") / name, tmp_path / "out.jsonl", *arguments)
    assert len(results) == len(rows) == 500
    for row, result in zip(rows, results, strict=True):
        grounding = result["components"]["grounding"]
        expected = miou_of_raw_text(row)
        assert grounding["explanation"]["miou"] == pytest.approx(expected, abs=1e-9), row["model_output"]
        count = len(grounding["explanation"]["predicted_pixels"])
        assert grounding["value"] == float(count == 1 and expected > 0.75)


@pytest.mark.parametrize(("respond", "value"), [("reference", 1.0), ("other", 0.0)])
@pytest.mark.parametrize(
    ("reader", "name"),
    [("rad-restruct", "rad_restruct/val_qa.jsonl.gz"), ("cares", "cares_iu/iuxray_factuality.jsonl.gz")],
)
def test_gold_answers_score_1_and_others_0(
    cluster: Cluster, tmp_path: Path, reader: str, name: str, respond: str, value: float
) -> None:
    results, printed = score(
        cluster, data(name), tmp_path / "out.jsonl", "--reader", reader, "--respond", respond, "--batch-size", "1024"
    )
    assert len(results) > 2000
    assert set(outcomes(results, "semantics")) == {value}, printed


@pytest.mark.parametrize(("respond", "value"), [("reference", 1.0), ("other", 0.0)])
def test_slake_boxes_meet_themselves_and_nothing_else(
    cluster: Cluster, tmp_path: Path, respond: str, value: float
) -> None:
    source = data("slake/detection_all.jsonl")
    results, _ = score(cluster, source, tmp_path / "out.jsonl", "--reader", "slake-boxes", "--respond", respond)
    assert len(results) == sum(bool(json.loads(line)["boxes"]) for line in source.open())
    assert set(outcomes(results, "grounding")) == {value}


CHESTX = sorted(path.name for path in data("chestx_rsna_siim").glob("*.jsonl.gz")) if DATA else []


@pytest.mark.parametrize("name", CHESTX)
def test_real_choice_answers_are_read_as_their_tag_says(cluster: Cluster, tmp_path: Path, name: str) -> None:
    """Where the last turn has one well-formed answer, beginning with a letter, the verdict must follow that letter."""
    source = data("chestx_rsna_siim") / name
    rows = [json.loads(line) for line in gzip.decompress(source.read_bytes()).splitlines() if line.strip()]
    results, _ = score(cluster, source, tmp_path / "out.jsonl", "--reader", "chestx")
    assert len(results) == len(rows) == 300
    told = 0
    for row, result in zip(rows, results, strict=True):
        turn = row["pred"].rpartition("\nassistant\n")[2]
        answers = re.findall(r"<answer>\s*([AB])\b[^<]*</answer>", turn)
        if len(answers) == 1 == turn.count("<answer>"):
            told += 1
            right = answers[0] == re.sub(r"[^AB]", "", row["answer"])
            assert result["components"]["semantics"]["value"] == float(right), turn[-200:]
    assert told > 200 or name.startswith("gpt4o")
