"""``medreward rescore DIR``: an audit log with texts is scored again, one without is refused."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Medreward, closed, medreward
from tests.unit.cli.judges import Seat, seat
from tests.unit.cli.test_rescore import New, open_ended
from tests.unit.judge.engine import FakeEngine, scores

from .doors import Doors, asked

__all__ = ["medreward", "seat"]

OLD = FakeEngine(lambda prompt: scores(9, 9 if "wet" in prompt.fields["candidate"] else 1))


def keep(directory: Path, *, recipe: str = "gemex", **audit: Any) -> Path:
    """The log of two open questions, right and wrong, and a closed one that is right."""
    rollouts = [open_ended("a", "wet"), open_ended("b", "dry"), closed("c")]

    async def use(doors: Doors) -> Any:
        return await doors.post("/v1/score", {"recipe": recipe, "rollouts": rollouts})

    asked(directory, use, OLD, audit={"texts": True, **audit})
    return directory


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_another_judge_shows_as_drift(medreward: Medreward, seat: Seat, tmp_path: Path, kind: str) -> None:
    directory, report = keep(tmp_path / "audit", format=kind), tmp_path / "drift.json"
    seat(New())
    done = medreward("rescore", directory, "--out", report)
    assert done.exit_code == 0, done.stderr
    told = json.loads(report.read_text())
    drift = told["drift"]
    assert (drift["rollouts"], drift["changed"]) == (3, 2)
    assert (drift["components"]["semantics"]["up"], drift["components"]["semantics"]["down"]) == (1, 1)
    assert told["before"]["recipe"] == "gemex"
    assert told["before"]["recipe_hash"] == told["now"]["recipe_hash"]
    assert told["before"]["judge"]["engine"] == "fake"


def test_another_recipe_is_compared(medreward: Medreward, seat: Seat, tmp_path: Path) -> None:
    directory, report = keep(tmp_path / "audit"), tmp_path / "drift.json"
    seat(New())
    done = medreward("rescore", directory, "--recipe", "medsage", "--out", report)
    assert done.exit_code == 0, done.stderr
    components = json.loads(report.read_text())["drift"]["components"]
    assert components["grounding"]["only_before"] == 3


def test_without_texts_the_setting_is_named(medreward: Medreward, tmp_path: Path) -> None:
    done = medreward("rescore", keep(tmp_path / "audit", texts=False))
    assert done.exit_code == 2
    assert "kept no texts" in done.stderr
    assert "audit.texts: true" in done.stderr


def test_rollouts_without_texts_are_left_out_and_told(
    medreward: Medreward, seat: Seat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = keep(keep(tmp_path / "audit"), texts=False)
    seat(New())
    with caplog.at_level(logging.WARNING):
        done = medreward("rescore", directory, "--out", tmp_path / "drift.json")
    assert done.exit_code == 0, done.stderr
    assert json.loads((tmp_path / "drift.json").read_text())["drift"]["rollouts"] == 3
    assert "3 rollouts were kept without texts" in caplog.text


def test_a_log_of_several_recipes_wants_one_named(medreward: Medreward, tmp_path: Path) -> None:
    directory = keep(keep(tmp_path / "audit"), recipe="medsage")
    done = medreward("rescore", directory)
    assert done.exit_code == 2
    assert "--recipe: required, since the audit log has results of several recipes" in done.stderr


def test_a_torn_line_is_left_out_and_told(
    medreward: Medreward, seat: Seat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = keep(tmp_path / "audit")
    (path,) = directory.glob("rollouts-*")
    path.write_bytes(path.read_bytes()[:-20])
    seat(New())
    done = medreward("rescore", directory, "--out", tmp_path / "drift.json")
    assert done.exit_code == 0, done.stderr
    assert json.loads((tmp_path / "drift.json").read_text())["drift"]["rollouts"] == 2
    assert "1 lines that were not written to their end are left out" in caplog.text


@pytest.mark.parametrize(
    ("content", "said"), [(None, "has no rollouts of an audit log"), (b"{}\n", ":1: is no row of an audit log")]
)
def test_a_directory_that_is_no_log_is_refused(
    medreward: Medreward, tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "rollouts-1.jsonl").write_bytes(content)
    done = medreward("rescore", tmp_path)
    assert (done.exit_code, said in done.stderr) == (2, True)


def test_a_file_alone_is_refused(medreward: Medreward, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").touch()
    done = medreward("rescore", tmp_path / "x.jsonl")
    assert done.exit_code == 2
    assert "RESULTS: required" in done.stderr
