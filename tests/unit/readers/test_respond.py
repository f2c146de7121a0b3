"""Responses written from the gold answer score full marks, and the other ones nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from medreward.assembly import build_pipeline
from medreward.config import Settings
from medreward.contract.types import Rollout, ScoreRequest
from medreward.readers import READERS, RESPOND, Options, Respond, Skipped, Source, respond

RAD = {"question": "Where?", "history": [], "options": ["a", "b", "c", "d"]}
ROWS: dict[str, list[dict[str, Any]]] = {
    "rad-restruct": [
        RAD | {"answer": ["b"], "answer_type": "single_choice"},
        RAD | {"answer": ["b"], "answer_type": "multi_choice"},
        RAD | {"answer": ["a", "d"], "answer_type": "multi_choice"},
        RAD | {"answer": ["a", "b", "c", "d"], "answer_type": "multi_choice"},
    ],
    "cares": [{"question": "Is it?", "answer": answer} for answer in ("Yes.", "No")],
    "slake-boxes": [
        {"img": "a", "width": 90, "height": 80, "boxes": [{"label": "Liver", "xyxy": [0, 0, 90, 80]}]},
        {"img": "b", "width": 90, "height": 80, "boxes": [{"label": "Mass", "xyxy": [i, i, 50.5, 60]} for i in (1, 9)]},
    ],
    "vqa-rad": [
        {"qid": i, "question": "Is it?", "answer": answer} for i, answer in enumerate(["Yes", "no", "Left lobe"])
    ],
}


def read(name: str, folder: Path, respond: Respond) -> list[Rollout]:
    path = folder / "data.json"
    rows = ROWS[name]
    path.write_text(json.dumps(rows) if name == "vqa-rad" else "".join(json.dumps(row) + "\n" for row in rows))
    return [row for row in READERS[name].read(Source(path), Options(respond)) if not isinstance(row, Skipped)]


def test_every_reader_that_writes_responses_is_tested_here() -> None:
    assert set(ROWS) == {name for name, reader in READERS.items() if reader.writes_responses}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("kind", RESPOND)
def test_reference_scores_full_marks_and_other_nothing(tmp_path: Path, name: str, kind: Respond) -> None:
    rollouts = read(name, tmp_path, kind)
    assert len(rollouts) == len(ROWS[name])
    request = ScoreRequest(recipe="gemex", rollouts=rollouts)
    response = asyncio.run(build_pipeline(Settings()).score(request))
    expected = 1.0 if kind == "reference" else 0.0
    for result in response.results:
        assert {name: c.value for name, c in result.components.items()} == {
            "semantics": expected,
            "grounding": expected,
        }


@pytest.mark.parametrize("name", ROWS)
def test_the_same_file_gives_the_same_responses(tmp_path: Path, name: str) -> None:
    assert read(name, tmp_path, "other") == read(name, tmp_path, "other")


def test_other_boxes_overlap_with_none_of_the_reference(tmp_path: Path) -> None:
    request = ScoreRequest(recipe="medsage-released", explain=True, rollouts=read("slake-boxes", tmp_path, "other"))
    for result in asyncio.run(build_pipeline(Settings()).score(request)).results:
        assert result.components["grounding"].value == 0.0


def test_there_is_no_other_answer_to_a_question_with_one_option() -> None:
    assert respond.choice("A", {"A": "it"}, several=True, respond="other", seed="") is None
    assert respond.choice("A", {"A": "it"}, several=False, respond="other", seed="") is None
