"""Results of two judges never get into one file, nor numbers of two into one report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.judge.canary.fakes import Always

from .conftest import Medreward, closed, ids, judged, write
from .judges import Seat, judging, seat
from .judges_told import ONE, Told, switched

__all__ = ["seat"]

TWO = ONE | {"model": "two"}
UNKNOWN = ONE | {"engine_version": "unknown"}
ONE_BY_ONE = ("--batch-size", 1, "--in-flight", 1)


def opened(count: int) -> list[dict[str, Any]]:
    """Rollouts that need a judge, each of its own."""
    return [judged(f"o{n}") | {"response": f"<response><answer>pus {n}</answer></response>"} for n in range(count)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two closed rollouts, then three that need a judge."""
    return write(tmp_path / "in.jsonl", [closed("c0"), closed("c1"), *opened(3)])


def recorded(beside: Path) -> Any:
    return json.loads(beside.read_text())["judge"]


def test_another_judge_is_refused_by_name_and_the_same_one_goes_on(
    medreward: Medreward, tmp_path: Path, source: Path, out: Path
) -> None:
    (tmp_path / "other.yaml").write_text("judge: {within: 3}\n")
    command = ("score", source, "--recipe", "gemex", "--out", out)
    medreward(*command, "--limit", 3)
    before = out.read_bytes()
    refused = medreward(*command, "--config", tmp_path / "other.yaml")
    assert refused.exit_code == 2
    assert f"{out} was made with judge.within 2, now 3; nothing was changed, name another --out" in refused.stderr
    assert out.read_bytes() == before
    assert medreward(*command).exit_code == 0
    assert len(ids(out)) == 5


def test_a_judge_is_not_put_in_place_of_none_nor_none_in_place_of_one(
    medreward: Medreward, source: Path, out: Path, beside: Path, no_judge: tuple[str, Path]
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out)
    medreward(*command, "--limit", 3, *no_judge)
    assert recorded(beside) == {}
    refused = medreward(*command)
    assert (refused.exit_code, "was made with judge none, now embedded (" in refused.stderr) == (2, True)
    assert medreward(*command, "--limit", 4, *no_judge).exit_code == 0
    out.write_bytes(b"")
    medreward(*command)
    refused = medreward(*command, *no_judge)
    assert refused.exit_code == 2
    assert refused.stderr.endswith(", now none; nothing was changed, name another --out\n")


def test_results_from_before_judges_were_recorded_are_not_taken_up(
    medreward: Medreward, source: Path, out: Path, beside: Path
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out)
    medreward(*command, "--limit", 3)
    said = json.loads(beside.read_text())
    del said["judge"]
    beside.write_text(json.dumps(said))
    before = out.read_bytes()
    refused = medreward(*command)
    assert refused.exit_code == 2
    assert f"{beside} does not say which judge {out} was made with" in refused.stderr
    assert "name another --out" in refused.stderr
    assert (out.read_bytes(), json.loads(beside.read_text())) == (before, said)


def test_a_judge_that_is_not_known_yet_is_recorded_with_its_first_verdict(
    medreward: Medreward, source: Path, out: Path, beside: Path
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out, *ONE_BY_ONE)
    with judging(Told(ONE)) as url:
        assert medreward(*command, "--url", url, "--limit", 1).exit_code == 0
        assert recorded(beside) is None
        done = medreward(*command, "--url", url)
    assert done.exit_code == 0, done.stderr
    assert recorded(beside) == ONE
    assert len(ids(out)) == 5


@pytest.mark.parametrize(
    ("now", "said"),
    [(TWO, "judge.model one, now two"), (ONE | {"engine_version": "2"}, "judge.engine_version 1, now 2")],
)
@pytest.mark.parametrize("known", [{}, UNKNOWN])
def test_another_judge_that_only_its_verdicts_tell_is_refused_before_one_is_written(
    medreward: Medreward,
    source: Path,
    out: Path,
    beside: Path,
    now: dict[str, str],
    known: dict[str, str],
    said: str,
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out, *ONE_BY_ONE)
    with judging(Told(ONE)) as url:
        medreward(*command, "--url", url, "--limit", 3)
    before = out.read_bytes()
    with judging(Told(now, known=known)) as url:
        refused = medreward(*command, "--url", url)
    assert refused.exit_code == 2
    assert f"{out} was made with {said}; name another --out" in refused.stderr
    assert (out.read_bytes(), recorded(beside)) == (before, ONE)


def test_a_version_that_becomes_known_before_the_first_verdict_is_no_change(
    medreward: Medreward, source: Path, out: Path, beside: Path
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out, *ONE_BY_ONE)
    with judging(Told(ONE, known=UNKNOWN)) as url:
        done = medreward(*command, "--url", url)
    assert done.exit_code == 0, done.stderr
    assert recorded(beside) == ONE
    # a server that has been started anew, and has asked nobody
    with judging(Told(ONE, known=UNKNOWN)) as url:
        assert medreward(*command, "--url", url).exit_code == 0


@pytest.mark.parametrize("now", [TWO, UNKNOWN])
@pytest.mark.parametrize("in_process", [False, True])
def test_a_judge_that_changes_under_way_stops_the_run(
    medreward: Medreward, seat: Seat, source: Path, out: Path, beside: Path, now: dict[str, str], in_process: bool
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out, *ONE_BY_ONE)
    judge = Told(ONE, ONE, now, known=ONE)
    if in_process:
        seat(judge)
        done = medreward(*command)
    else:
        with judging(judge) as url:
            done = medreward(*command, "--url", url)
    assert done.exit_code == 1
    assert "the judge has changed meanwhile: judge." in done.stderr
    assert done.stderr.count("\n") == 1
    assert ids(out) == ["c0", "c1", "o0", "o1"]
    assert recorded(beside) == ONE


def test_a_server_that_loses_its_judge_under_way_stops_the_run(medreward: Medreward, source: Path, out: Path) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out, *ONE_BY_ONE)
    with switched(Told(ONE, known=ONE), None, after=3) as url:
        done = medreward(*command, "--url", url)
    assert (done.exit_code, "judge has changed meanwhile: judge told (model one" in done.stderr) == (1, True)
    assert ids(out) == ["c0", "c1", "o0"]


def test_a_server_that_gets_a_judge_under_way_stops_the_run(medreward: Medreward, source: Path, out: Path) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out, *ONE_BY_ONE)
    with switched(None, Told(ONE), after=3) as url:
        done = medreward(*command, "--url", url)
    assert (done.exit_code, "judge has changed meanwhile: judge none, now told" in done.stderr) == (1, True)
    assert ids(out) == ["c0", "c1", "o0"]


SUITE = """
version: 1
subjects: {a: {question: "What is it?", reference: A cyst}}
kinds: {right: {summary: a cyst, expected: 1, cases: {sac: {of: a, answer: A sac of fluid}}}}
"""


def canary(tmp_path: Path) -> tuple[object, ...]:
    (tmp_path / "suite.yaml").write_text(SUITE)
    return "canary", "--suite", tmp_path / "suite.yaml", "--expect", "sound"


def calibrate(tmp_path: Path) -> tuple[object, ...]:
    row = {"question": "What is it?", "reference": "A cyst", "label": 1}
    rows = [row | {"candidate": f"A sac of {what}"} for what in ("fluid", "water")]
    return "calibrate", write(tmp_path / "labelled.jsonl", rows), *ONE_BY_ONE


def rescore(tmp_path: Path) -> tuple[object, ...]:
    return "rescore", tmp_path / "in.jsonl", tmp_path / "out.jsonl", *ONE_BY_ONE


Command = Callable[[Path], tuple[object, ...]]
COMMANDS: list[Command] = [canary, calibrate, rescore]


@pytest.fixture
def scored(medreward: Medreward, seat: Seat, source: Path, out: Path) -> None:
    """Results of a judge, for rescore."""
    seat(Always(9, 9))
    medreward("score", source, "--recipe", "gemex", "--out", out)


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_report_on_two_judges_is_not_made(medreward: Medreward, seat: Seat, tmp_path: Path, command: Command) -> None:
    seat(Told(ONE, TWO, known=ONE))
    done = medreward(*command(tmp_path), "--out", tmp_path / "report.json")
    assert done.exit_code == 1
    assert done.stderr == "medreward: what scores has changed meanwhile: judge.model one, now two\n"
    assert not (tmp_path / "report.json").exists()


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("known", [{}, UNKNOWN])
def test_a_report_names_the_judge_and_has_its_whole_fingerprint(
    medreward: Medreward, seat: Seat, tmp_path: Path, command: Command, known: dict[str, str]
) -> None:
    seat(Told(ONE | {"order": "shared"}, known=known and known | {"order": "shared"}))
    done = medreward(*command(tmp_path), "--out", tmp_path / "report.json")
    assert done.exit_code == 0, done.stderr
    assert "told (model one, revision r, engine_version 1)" in done.stdout
    written = json.loads((tmp_path / "report.json").read_text())
    made = written["now"] if command is rescore else written["made"]
    assert made["judge"] == ONE | {"order": "shared"}


@pytest.mark.usefixtures("scored")
def test_rescore_shows_both_judges_and_what_they_differ_in(medreward: Medreward, seat: Seat, tmp_path: Path) -> None:
    seat(Told(TWO))
    done = medreward(*rescore(tmp_path), "--out", tmp_path / "report.json")
    before, now, judges = done.stdout.splitlines()[:3]
    assert before.endswith("judge Always")
    assert now.endswith("judge told (model two, revision r, engine_version 1)")
    assert judges.startswith("judges: judge.engine Always, now told; judge.model -, now two")
    written = json.loads((tmp_path / "report.json").read_text())
    assert (written["before"]["judge"], written["now"]["judge"]) == ({"engine": "Always"}, TWO)


@pytest.mark.usefixtures("scored")
def test_rescore_of_results_that_name_no_judge_says_so(medreward: Medreward, seat: Seat, tmp_path: Path) -> None:
    beside = tmp_path / "out.jsonl.run.json"
    said = json.loads(beside.read_text())
    for judge in ({}, {"judge": None}):
        beside.write_text(json.dumps({key: value for key, value in said.items() if key != "judge"} | judge))
        done = medreward(*rescore(tmp_path))
        assert done.exit_code == 0, done.stderr
        assert "judges: whether they are the same is not known" in done.stdout
    beside.write_text(json.dumps(said | {"judge": "mine"}))
    assert medreward(*rescore(tmp_path)).exit_code == 2
