"""``medreward rescore``: what changed, for whom, and whether the files belong together."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from medreward.judge import JudgeAsk
from medreward.rewards.types import Outcome, unscored
from tests.unit.judge.canary.fakes import Always, Fake, told

from .conftest import Medreward, Rollouts, closed, many, write
from .judges import Seat, judging, seat

__all__ = ["seat"]


def open_ended(identity: str, answer: str) -> dict[str, Any]:
    """A rollout that needs the judge."""
    return closed(identity) | {
        "question_type": "open_ended",
        "response": f"<response><answer>{answer}</answer></response>",
        "reference": {"answer": "There is much fluid."},
    }


class Old(Fake):
    """Right is 'wet', wrong is 'dry'; it has no verdict on 'fog'."""

    def answer(self, ask: JudgeAsk) -> Outcome:
        return unscored("timeout", "late") if "fog" in ask.candidate else told(9, 9 if "wet" in ask.candidate else 1)


class New(Fake):
    """The other way round, and no verdict on 'ice'."""

    def answer(self, ask: JudgeAsk) -> Outcome:
        if "ice" in ask.candidate:
            return unscored("overloaded", "full")
        return told(9, 1 if "wet" in ask.candidate else 9)


ANSWERS = {"a": "wet", "b": "wet too", "c": "dry", "d": "fog", "e": "ice"}


@pytest.fixture
def scored(medreward: Medreward, seat: Seat, tmp_path: Path) -> tuple[Path, Path]:
    """Rollouts and the results of the old judge: 1, 1, 0, absent, 0 for open questions; then three closed ones."""
    rollouts: Rollouts = [open_ended(identity, answer) for identity, answer in ANSWERS.items()] + many(3)
    source, out = write(tmp_path / "in.jsonl", rollouts), tmp_path / "out.jsonl"
    seat(Old())
    assert medreward("score", source, "--recipe", "gemex", "--out", out).exit_code == 0
    return source, out


def test_the_same_judge_has_no_drift(medreward: Medreward, scored: tuple[Path, Path], tmp_path: Path) -> None:
    report = tmp_path / "drift.json"
    done = medreward("rescore", *scored, "--out", report, "--fail-above", 0)
    assert done.exit_code == 0, done.stderr
    drift = json.loads(report.read_text())["drift"]
    assert (drift["rollouts"], drift["changed"], drift["compared_rewards"]) == (8, 0, 7)
    assert drift["mean_difference"] == 0.0
    assert drift["biggest"] == []
    assert drift["components"]["semantics"]["still_absent"] == 1


def test_flips_and_absences_are_counted_by_component(
    medreward: Medreward, seat: Seat, scored: tuple[Path, Path], tmp_path: Path
) -> None:
    report = tmp_path / "drift.json"
    seat(New())
    done = medreward("rescore", *scored, "--out", report)
    assert done.exit_code == 0, done.stderr
    drift = json.loads(report.read_text())["drift"]
    assert drift["components"]["semantics"] == {
        "equal": 3,
        "up": 1,
        "down": 2,
        "moved": 0,
        "newly_absent": 1,
        "newly_present": 1,
        "still_absent": 0,
        "only_before": 0,
        "only_now": 0,
        "statuses": {"overloaded": 1},
    }
    assert drift["components"]["grounding"]["equal"] == 8
    assert (drift["changed"], drift["newly_absent"], drift["newly_present"]) == (5, 1, 1)
    assert drift["changed_share"] == 5 / 8
    # scored in both: a, b, c and the three closed ones (1, 2, 2); each has 1 for its format
    assert drift["compared_rewards"] == 6
    assert drift["mean_before"] == pytest.approx((2 + 2 + 1 + 1 + 2 + 2) / 6)
    assert drift["mean_now"] == pytest.approx((1 + 1 + 2 + 1 + 2 + 2) / 6)
    assert drift["mean_difference"] == pytest.approx(-1 / 6)
    # differences come before what is absent on one side
    assert [change["id"] for change in drift["biggest"]] == ["a", "b", "c", "d", "e"]
    assert "  c: 1 to 2\n" in done.stdout
    assert "  d: absent to 2\n" in done.stdout
    assert "semantics: newly absent by status: overloaded 1" in done.stdout


def test_fail_above_is_exit_1_beyond_the_share(medreward: Medreward, seat: Seat, scored: tuple[Path, Path]) -> None:
    seat(New())
    beyond = medreward("rescore", *scored, "--fail-above", 0.6)
    assert beyond.exit_code == 1
    assert beyond.stderr == "medreward: 0.6250 of the rewards changed, more than 0.6\n"
    assert "rewards changed" in beyond.stdout
    assert medreward("rescore", *scored, "--fail-above", 0.625).exit_code == 0


def test_both_makings_are_shown(medreward: Medreward, scored: tuple[Path, Path], tmp_path: Path) -> None:
    report = tmp_path / "drift.json"
    done = medreward("rescore", *scored, "--out", report)
    written = json.loads(report.read_text())
    assert written["before"]["recipe"] == written["now"]["recipe"] == "gemex"
    assert written["before"]["recipe_hash"] == written["now"]["recipe_hash"]
    assert re.search(r"before: .*recipe gemex", done.stdout)
    assert re.search(r"now: .*recipe gemex", done.stdout)


def test_a_server_is_asked_as_this_process_is(medreward: Medreward, seat: Seat, scored: tuple[Path, Path]) -> None:
    with judging(New()) as url:
        there = medreward("rescore", *scored, "--url", url, "--batch-size", 3)
    seat(New())
    assert there.exit_code == 0, there.stderr
    assert there.stdout == medreward("rescore", *scored).stdout


def test_results_are_not_written_to(medreward: Medreward, seat: Seat, scored: tuple[Path, Path]) -> None:
    before = {path: path.read_bytes() for path in scored[1].parent.iterdir()}
    seat(New())
    medreward("rescore", *scored)
    assert {path: path.read_bytes() for path in scored[1].parent.iterdir()} == before


def test_another_recipe_is_compared_by_the_components_that_both_have(
    medreward: Medreward, scored: tuple[Path, Path], tmp_path: Path
) -> None:
    report = tmp_path / "drift.json"
    done = medreward("rescore", *scored, "--recipe", "medsage", "--out", report)
    assert done.exit_code == 0, done.stderr
    components = json.loads(report.read_text())["drift"]["components"]
    assert components["grounding"]["only_before"] == 8
    assert any(component["only_now"] == 8 for component in components.values())


def test_a_run_that_stopped_is_compared_as_far_as_it_went(medreward: Medreward, seat: Seat, tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.jsonl", many(9)), tmp_path / "out.jsonl"
    seat(Old())
    medreward("score", source, "--recipe", "gemex", "--out", out, "--limit", 4)
    done = medreward("rescore", source, out)
    assert done.exit_code == 0, done.stderr
    assert re.search(r"rollouts +4\b", done.stdout)


def test_a_data_set_is_read_as_it_was(medreward: Medreward, seat: Seat, tmp_path: Path) -> None:
    seat(Old())
    source, out = tmp_path / "cares.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        "".join(
            json.dumps({"question": f"Is it {n}?", "answer": a}) + "\n" for n, a in enumerate(["Yes", "maybe", "No"])
        )
    )
    made = medreward("score", source, "--recipe", "gemex", "--out", out, "--reader", "cares", "--respond", "other")
    assert made.exit_code == 0, made.stderr
    done = medreward("rescore", source, out, "--fail-above", 0)
    assert done.exit_code == 0, done.stderr
    assert re.search(r"rollouts +2\b", done.stdout)


def test_changed_rollouts_are_refused(medreward: Medreward, scored: tuple[Path, Path]) -> None:
    source, out = scored
    source.write_text(source.read_text().replace("wet too", "wet also"))
    done = medreward("rescore", source, out)
    assert done.exit_code == 2
    assert f"{source} is not what {out} was made from: its first 8 rollouts differ" in done.stderr


def test_without_a_sidecar_the_recipe_must_be_named(medreward: Medreward, scored: tuple[Path, Path]) -> None:
    source, out = scored
    Path(f"{out}.run.json").unlink()
    done = medreward("rescore", source, out)
    assert done.exit_code == 2
    assert f"--recipe: required, since there is no {out}.run.json" in done.stderr
    named = medreward("rescore", source, out, "--recipe", "gemex")
    assert named.exit_code == 0
    assert "before: nothing is known of how the results were made" in named.stdout


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{"], ":1: is no result"),
        (['{"id": "z", "components": {}}'], ":1: has the result of 'z', the rollouts have 'a' there"),
        (None, ":9: is beyond the last of the rollouts"),
        ([], ": has no results"),
    ],
)
def test_results_that_are_of_other_rollouts_are_named_by_line(
    medreward: Medreward, scored: tuple[Path, Path], lines: list[str] | None, said: str
) -> None:
    source, out = scored
    if lines is None:
        lines = [*out.read_text().splitlines(), '{"id": "z", "components": {}}']
    out.write_text("".join(line + "\n" for line in lines))
    done = medreward("rescore", source, out)
    assert done.exit_code == 2
    assert f"{out}{said}" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--recipe", "none"), "--recipe: there is no recipe 'none'"),
        (("--fail-above", "2"), "less than or equal to 1"),
        (("--deadline-ms", "600001"), "--deadline-ms: at most 600000 are taken"),
        (("--out", "none/drift.json"), "--out: none/drift.json cannot be written"),
    ],
)
def test_options_that_make_no_sense_are_named(
    medreward: Medreward, scored: tuple[Path, Path], arguments: tuple[str, ...], said: str
) -> None:
    done = medreward("rescore", *scored, *arguments)
    assert done.exit_code in (1, 2)
    assert said in done.stderr


def test_standard_input_is_refused(medreward: Medreward, scored: tuple[Path, Path]) -> None:
    done = medreward("rescore", "-", scored[1])
    assert (done.exit_code, "read twice" in done.stderr) == (2, True)


def test_many_absences_do_not_hide_the_differences(medreward: Medreward, seat: Seat, tmp_path: Path) -> None:
    rollouts = [open_ended(f"i{number}", f"ice {number}") for number in range(15)] + [open_ended("w", "wet")]
    source, out, report = write(tmp_path / "in.jsonl", rollouts), tmp_path / "out.jsonl", tmp_path / "drift.json"
    seat(Always(9, 9))
    medreward("score", source, "--recipe", "gemex", "--out", out)
    seat(New())
    medreward("rescore", source, out, "--out", report)
    biggest = json.loads(report.read_text())["drift"]["biggest"]
    assert biggest[0] == {"id": "w", "before": 2.0, "now": 1.0}
    assert len(biggest) == 10
