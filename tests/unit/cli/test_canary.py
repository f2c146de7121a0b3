"""``medreward canary``: what it prints, writes, and exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medreward.judge.canary import load_suite
from tests.unit.judge.canary.fakes import Absent, Always, Chance, Copying, Fake, Knowing

from .conftest import Medreward
from .judges import Seat, judging, seat

__all__ = ["seat"]

SUITE = """
version: 7
subjects:
  a: {question: "What is it?", reference: A cyst}
kinds:
  wrong: {summary: no cyst, expected: 0, cases: {mass: {of: a, answer: A mass}, node: {of: a, answer: "[b]node[/b]"}}}
  right: {summary: a cyst, expected: 1, cases: {sac: {of: a, answer: A sac of fluid}}}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE)
    return path


def rows(output: str) -> dict[str, list[str]]:
    """Table rows by their first word."""
    split = [line.replace("│", " ").split() for line in output.splitlines() if line.startswith("│")]
    return {words[0]: words[1:] for words in split if words}


def test_a_judge_that_knows_its_work_is_exit_0(medreward: Medreward, seat: Seat) -> None:
    judge = Knowing()
    seat(judge)
    done = medreward("canary")
    assert done.exit_code == 0, done.stdout + done.stderr
    count = len(load_suite().cases)
    assert f"{count} of {count} passed; 0 without a verdict" in done.stdout
    assert rows(done.stdout)["side"][-4:] == ["7", "7", "0", "100%"]
    assert done.stderr == ""
    assert judge.closed


@pytest.mark.parametrize("expect", ["verdict", "sound"])
def test_the_embedded_judge_passes(medreward: Medreward, expect: str) -> None:
    done = medreward("canary", "--expect", expect)
    assert done.exit_code == 0, done.stdout


@pytest.mark.parametrize(
    "judge", [Always(10, 10), Always(10, 1), Copying(), Chance()], ids=lambda judge: type(judge).__name__
)
def test_a_judge_that_is_fooled_is_exit_1(medreward: Medreward, seat: Seat, judge: Fake) -> None:
    seat(judge)
    assert medreward("canary").exit_code == 1


def test_failures_are_listed_with_what_the_judge_said(medreward: Medreward, seat: Seat, suite: Path) -> None:
    seat(Always(10, 10))
    done = medreward("canary", "--suite", suite)
    assert done.exit_code == 1
    assert "wrong/mass: 1 in place of 0 (10 and 10)" in done.stdout
    assert rows(done.stdout)["wrong"][-4:] == ["0", "2", "0", "0%"]
    assert "1 of 3 passed; 0 without a verdict" in done.stdout


def test_absent_verdicts_are_exit_1_and_told_with_their_status(medreward: Medreward, seat: Seat, suite: Path) -> None:
    seat(Absent("overloaded"))
    done = medreward("canary", "--suite", suite)
    assert done.exit_code == 1
    assert "wrong/mass: absent: overloaded (not now)" in done.stdout
    assert "0 of 3 passed; 3 without a verdict" in done.stdout


def test_without_a_judge_nothing_passes_that_needs_one(medreward: Medreward, tmp_path: Path, suite: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("judge: {engine: none}\n")
    done = medreward("canary", "--suite", suite, "--config", config)
    assert done.exit_code == 1
    assert "right/sac: absent: unavailable (no judge is configured)" in done.stdout


def test_a_judge_of_random_weights_passes_for_sound_only(medreward: Medreward, seat: Seat) -> None:
    seat(Chance())
    assert medreward("canary", "--expect", "sound").exit_code == 0
    assert medreward("canary").exit_code == 1


def test_a_judge_that_copies_is_not_sound(medreward: Medreward, seat: Seat) -> None:
    seat(Copying())
    done = medreward("canary", "--expect", "sound")
    assert done.exit_code == 1
    assert "planted-scores/json@10: scores follow those planted in planted-scores/json" in done.stdout


def test_a_server_is_asked_as_this_process_is(medreward: Medreward, seat: Seat) -> None:
    with judging(Always(10, 10)) as url:
        there = medreward("canary", "--url", url)
        assert medreward("canary", "--url", url, "--expect", "sound").exit_code == 0
    seat(Always(10, 10))
    here = medreward("canary")
    assert there.exit_code == here.exit_code == 1
    assert there.stdout == here.stdout


def test_report_is_written_with_what_it_depends_on(
    medreward: Medreward, seat: Seat, suite: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.json"
    seat(Always(10, 10))
    assert medreward("canary", "--suite", suite, "--out", out).exit_code == 1
    written = json.loads(out.read_text())
    assert written["made"]["version"]
    report = written["report"]
    assert (report["total"], report["passed"], report["absent"], report["suite_version"]) == (3, 1, 0, 7)
    assert report["suite_hash"] == load_suite(suite).hash
    failure = report["kinds"][0]["failures"][0]
    assert failure == {
        "id": "wrong/mass",
        "status": "ok",
        "expected": 0,
        "got": 1.0,
        "reason": "1 in place of 0",
        "detail": "10 and 10",
    }


def test_textfile_is_prometheus_text(medreward: Medreward, seat: Seat, suite: Path, tmp_path: Path) -> None:
    textfile = tmp_path / "canaries.prom"
    seat(Always(10, 10))
    assert medreward("canary", "--suite", suite, "--textfile", textfile).exit_code == 1
    lines = textfile.read_text().splitlines()
    assert 'medreward_judge_canary_pass_ratio{kind="wrong"} 0.0' in lines
    assert 'medreward_judge_canary_pass_ratio{kind="right"} 1.0' in lines
    (ran,) = (line for line in lines if line.startswith("medreward_judge_canary_last_run_timestamp_seconds{"))
    assert 'expect="verdict"' in ran
    assert float(ran.split()[-1]) > 1.7e9


@pytest.mark.parametrize("option", ["--out", "--textfile"])
def test_a_file_that_cannot_be_written_is_one_line_and_exit_1_after_the_table(
    medreward: Medreward, seat: Seat, suite: Path, tmp_path: Path, option: str
) -> None:
    seat(Absent("timeout"))
    done = medreward("canary", "--suite", suite, option, tmp_path / "none" / "f")
    assert done.exit_code == 1
    assert "0 of 3 passed" in done.stdout
    assert done.stderr.startswith(f"medreward: {option}: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--suite", "none.yaml"), "none.yaml: cannot be read"),
        (("--url", "ftp://x"), "--url: 'ftp://x' must be like"),
        (("--url", "http://x", "--config", "y.yaml"), "--config: the server at --url has settings of its own"),
        (("--deadline-ms", "600001"), "--deadline-ms: at most 600000 are taken, not 600001"),
        (("--expect", "luck"), "'luck' is not one of 'verdict', 'sound'"),
    ],
)
def test_what_makes_no_sense_is_exit_2(medreward: Medreward, seat: Seat, arguments: tuple[str, ...], said: str) -> None:
    seat(Knowing())
    done = medreward("canary", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_not_there_is_exit_1(medreward: Medreward) -> None:
    done = medreward("canary", "--url", "http://127.0.0.1:1")
    assert done.exit_code == 1
    assert "is lost" in done.stderr
    assert done.stdout == ""
