"""Real policy outputs, read here a second time by other means."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from medreward.parsing import parse

DATA = os.environ.get("MEDREWARD_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA does not name the folder of real outputs")


def _lines(folder: str, pattern: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted(Path(DATA or "").joinpath(folder).glob(pattern)):
        with gzip.open(path, "rt") as lines:
            rows += [json.loads(line) for line in lines]
    return rows


def _boxes(output: str) -> list[tuple[float, ...]]:
    """Cut at the key, then at the brackets: no pattern, no tags."""
    said = output.rpartition("</think>")[2]
    lists = [after.partition("[")[2].partition("]")[0] for after in said.split('"bbox_2d"')[1:]]
    return [tuple(float(number) for number in numbers.split(",")) for numbers in lists]


def _labels(output: str) -> list[str] | None:
    """The labels by a JSON parser, None where it refuses."""
    said = output.rpartition("</think>")[2].replace("<answer>", "").replace("</answer>", "").strip()
    said = said.removeprefix("```json").removesuffix("```")
    try:
        found = json.loads(said)
    except ValueError:
        return None
    return [each.get("label", "") for each in (found if isinstance(found, list) else [found])]


def test_regions_of_vlm_r1_are_those_of_a_second_reading() -> None:
    files = sorted(Path(DATA or "").joinpath("vlm_r1_refcoco").glob("*.json.gz"))
    assert len(files) == 12
    by_json = 0
    for path in files:
        with gzip.open(path, "rt") as text:
            rows = json.load(text)["results"]
        for row in rows:
            output = row["model_output"]
            found = parse(output)
            expected = [box if box[0] < box[2] and box[1] < box[3] else None for box in _boxes(output)]
            assert [region.box for region in found.regions] == expected, output
            assert found.answer, output
            labels = _labels(output)
            if labels is not None:
                by_json += 1
                assert [region.label for region in found.regions] == labels, output
    assert by_json > 5000


def test_transcripts_of_chestx_are_scored_on_the_reply() -> None:
    rows = _lines("chestx_rsna_siim", "*.gz") + _lines("chestx_openi", "*.gz")
    chats = 0
    for row in rows:
        said = row["pred"]
        chat = said.startswith("system\n")
        chats += chat
        found = parse(said)
        reply = said.rpartition("\nassistant\n")[2] if chat else said
        assert said[slice(*found.body)] == reply
        if reply.count("<answer>") == 1 and reply.count("</answer>") == 1:
            assert found.answer == reply.partition("<answer>")[2].partition("</answer>")[0].strip()
        elif "<answer>" not in reply and "<think>" in reply:
            assert found.answer is None
    assert chats > 1000
