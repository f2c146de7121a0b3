"""The file of results is taken up where it ended, and by nothing that it does not belong to."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Medreward, closed, ids, many, write


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "in.jsonl", many(7))


@pytest.fixture
def whole(tmp_path: Path, source: Path, medreward: Medreward) -> bytes:
    """What one run writes."""
    out = tmp_path / "whole.jsonl"
    medreward("score", source, "--recipe", "gemex", "--out", out)
    return out.read_bytes()


def left(tmp_path: Path, whole: bytes) -> Path:
    """What a run that stopped left: some of the results, and how they were made."""
    out = tmp_path / "out.jsonl"
    out.write_bytes(whole)
    shutil.copy(tmp_path / "whole.jsonl.run.json", tmp_path / "out.jsonl.run.json")
    return out


@pytest.mark.parametrize("cut", [0, 3, 40, 230, 500, -1, -40])
def test_a_torn_file_is_completed_as_if_nothing_had_happened(
    tmp_path: Path, medreward: Medreward, source: Path, whole: bytes, cut: int
) -> None:
    out = left(tmp_path, whole[:cut])
    done = medreward("score", source, "--recipe", "gemex", "--out", out, "--batch-size", 2)
    assert done.exit_code == 0, done.stderr
    assert out.read_bytes() == whole


def test_a_finished_file_is_left_as_it_is_and_summed_up(
    tmp_path: Path, medreward: Medreward, source: Path, whole: bytes
) -> None:
    out = left(tmp_path, whole)
    done = medreward("score", source, "--recipe", "gemex", "--out", out)
    assert done.exit_code == 0
    assert "7 of them were in --out already" in done.stdout
    assert "mean 1.5714" in done.stdout
    assert out.read_bytes() == whole


def test_results_of_another_input_are_refused_by_line(
    tmp_path: Path, medreward: Medreward, source: Path, whole: bytes
) -> None:
    out = left(tmp_path, whole)
    other = write(tmp_path / "other.jsonl", [*many(2), closed("new"), *many(7)[3:]])
    done = medreward("score", other, "--recipe", "gemex", "--out", out)
    assert done.exit_code == 2
    assert f"{out}:3 has the result of 'r2', the input has 'new' there" in done.stderr
    assert out.read_bytes() == whole


def test_more_results_than_rollouts_are_refused(
    tmp_path: Path, medreward: Medreward, source: Path, whole: bytes
) -> None:
    out = left(tmp_path, whole)
    done = medreward("score", write(tmp_path / "short.jsonl", many(5)), "--recipe", "gemex", "--out", out)
    assert (done.exit_code, f"{out}:6 is beyond the end of the input" in done.stderr) == (2, True)
    assert out.read_bytes() == whole


def test_results_of_another_recipe_are_refused(
    tmp_path: Path, medreward: Medreward, source: Path, whole: bytes
) -> None:
    out = left(tmp_path, whole[:-20])
    done = medreward("score", source, "--recipe", "medsage", "--out", out)
    assert done.exit_code == 2
    assert f"{out} was made with recipe gemex, now medsage; recipe_hash " in done.stderr
    assert out.read_bytes() == whole[:-20]


def test_a_file_of_other_weights_beside_a_fitting_sidecar_is_refused(
    tmp_path: Path, medreward: Medreward, source: Path, whole: bytes
) -> None:
    out = left(tmp_path, whole.replace(b'"weight":1.0', b'"weight":2.0', 1))
    done = medreward("score", source, "--recipe", "gemex", "--out", out)
    assert done.exit_code == 2
    assert f"{out}:1 was made with semantics 2, grounding 1; recipe gemex has semantics 1" in done.stderr


@pytest.mark.parametrize("text", ["notes\nof mine", "notes of mine", '{"id": "a"}\n', "\n", '{"name": "a"'])
def test_a_file_that_is_not_ours_is_never_touched(
    tmp_path: Path, medreward: Medreward, source: Path, text: str
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text(text)
    done = medreward("score", source, "--recipe", "gemex", "--out", out)
    assert (done.exit_code, f"{out}:1 is no result" in done.stderr) == (2, True)
    assert out.read_text() == text


def test_a_file_that_cannot_grow_is_one_line_and_exit_1(
    tmp_path: Path, medreward: Medreward, source: Path, whole: bytes
) -> None:
    out = tmp_path / "out.jsonl"
    command = ["score", str(source), "--recipe", "gemex", "--out", str(out), "--batch-size", "2"]
    full = subprocess.run(
        [sys.executable, "-c", "from medreward.cli import main; main()", *command],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (full.returncode, f"{out} cannot be written" in full.stderr) == (1, True)
    assert full.stderr.count("\n") == 1
    assert medreward(*command).exit_code == 0
    assert out.read_bytes() == whole


@pytest.mark.parametrize("name", ["/dev/null", "."])
def test_results_go_to_a_regular_file_only(medreward: Medreward, source: Path, name: str) -> None:
    done = medreward("score", source, "--recipe", "gemex", "--out", name)
    assert (done.exit_code, "is no regular file" in done.stderr) == (2, True)


def test_rows_that_are_skipped_do_not_shift_the_position(tmp_path: Path, medreward: Medreward) -> None:
    source, out = tmp_path / "cares.jsonl", tmp_path / "out.jsonl"
    answers = ["Yes", "not said", "No", "not said", "Yes"]
    source.write_text("".join(f'{{"question": "Is it?", "answer": "{answer}"}}\n' for answer in answers))
    command = ("score", source, "--recipe", "gemex", "--reader", "cares", "--out", out)
    medreward(*command, "--limit", 2)
    assert ids(out) == ["cares/1", "cares/3"]
    medreward(*command)
    assert ids(out) == ["cares/1", "cares/3", "cares/5"]
