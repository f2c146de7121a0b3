"""The trajectory scorer of a run in this process: its results say which checkpoint made them, and mix no two."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medreward.cli.seen_scorer import SeenScorer, scorer_shown
from medreward.cli.types import Fingerprint, Reply
from medreward.contract import codec
from medreward.scorer import service
from medreward.scorer.checkpoint import open_checkpoint
from tests.serve.trajectories import offline, rollout
from tests.tiny_scorer import build
from tests.unit.cli.conftest import Medreward

CHECKPOINT = "MEDREWARD_SCORER__CHECKPOINT"


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("checkpoints")
    build(made / "one", seed=1)
    build(made / "two", seed=2)
    return made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"".join(codec.encode(rollout(number)) + b"\n" for number in range(7)))
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def scored_by(out: Path) -> str:
    fingerprint: dict[str, str] = json.loads(Path(f"{out}.run.json").read_text())["scorer"]
    return fingerprint["checkpoint"]


def test_results_have_the_values_and_the_sidecar_the_checkpoint(
    medreward: Medreward, checkpoints: Path, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHECKPOINT, str(checkpoints / "one"))
    done = medreward("score", source, "--recipe", "medsage", "--out", out, "--batch-size", 3)
    assert done.exit_code == 0, done.stderr
    told = [json.loads(line)["components"]["consistency"] for line in out.read_text().splitlines()]
    expected = offline(checkpoints / "one", map(rollout, range(7)))
    assert [one["value"] for one in told] == pytest.approx(expected, abs=1e-4)
    assert scored_by(out) == open_checkpoint(checkpoints / "one").sha256[:16]


def test_a_run_is_not_taken_up_with_another_checkpoint(
    medreward: Medreward, checkpoints: Path, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("score", source, "--recipe", "medsage", "--out", out)
    monkeypatch.setenv(CHECKPOINT, str(checkpoints / "one"))
    assert medreward(*command, "--limit", 3).exit_code == 0
    before = out.read_bytes()
    monkeypatch.setenv(CHECKPOINT, str(checkpoints / "two"))
    done = medreward(*command)
    assert done.exit_code == 2
    assert f"{out} was made with scorer.name tiny-1, now tiny-2" in done.stderr
    assert out.read_bytes() == before
    monkeypatch.setenv(CHECKPOINT, str(checkpoints / "one"))
    assert medreward(*command).exit_code == 0
    assert len(out.read_text().splitlines()) == 7


def test_rescore_shows_both_checkpoints(
    medreward: Medreward, checkpoints: Path, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHECKPOINT, str(checkpoints / "one"))
    assert medreward("score", source, "--recipe", "medsage", "--out", out).exit_code == 0
    monkeypatch.setenv(CHECKPOINT, str(checkpoints / "two"))
    done = medreward("rescore", source, out, "--recipe", "medsage")
    assert done.exit_code == 0, done.stderr
    assert "scorers: scorer.name tiny-1, now tiny-2" in done.stdout


def test_a_checkpoint_that_is_not_there_is_an_error_where_it_is_needed(
    medreward: Medreward, tmp_path: Path, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHECKPOINT, str(tmp_path / "nowhere"))
    done = medreward("score", source, "--recipe", "medsage", "--out", out)
    assert done.exit_code == 2
    assert "nowhere: no checkpoint" in done.stderr
    assert out.read_bytes() == b""
    assert medreward("score", source, "--recipe", "gemex", "--out", tmp_path / "other.jsonl").exit_code == 0


@pytest.mark.parametrize("command", [("serve",), ("demo",)])
def test_a_server_without_the_checkpoint_that_is_configured_does_not_start(
    medreward: Medreward, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHECKPOINT, str(tmp_path / "nowhere"))
    done = medreward(*command)
    assert done.exit_code == 2
    assert "scorer.checkpoint: " in done.stderr


def test_without_the_extra_both_say_what_to_do(
    medreward: Medreward, checkpoints: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import medreward.assembly as assembly

    monkeypatch.setenv(CHECKPOINT, str(checkpoints / "one"))
    monkeypatch.setattr(service, "installed", lambda: False)
    monkeypatch.setattr(assembly, "installed", lambda: False)
    for command in (("score", source, "--recipe", "medsage"), ("serve",)):
        done = medreward(*command)
        assert done.exit_code == 2
        assert "install medreward[scorer], or set scorer.checkpoint: none" in " ".join(done.stderr.split())


def test_without_a_scorer_consistency_is_absent_and_says_so(
    medreward: Medreward, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHECKPOINT, "none")
    assert medreward("score", source, "--recipe", "medsage", "--out", out).exit_code == 0
    told = json.loads(out.read_text().splitlines()[0])["components"]["consistency"]
    assert told == {"status": "unavailable", "weight": told["weight"], "detail": "no scorer is configured"}
    assert "scorer" not in json.loads(Path(f"{out}.run.json").read_text())


ONE, TWO = {"name": "a", "checkpoint": "1"}, {"name": "a", "checkpoint": "2"}


def reply(scorer: Fingerprint | None) -> Reply:
    return Reply([], "1", "2", None, None, scorer)


def test_the_first_scores_say_who_scores_and_later_ones_must_be_by_the_same() -> None:
    seen = SeenScorer(None)
    assert seen.take(reply(None)) == []
    assert (seen.take(reply(ONE)), seen.known, seen.told) == ([], ONE, True)
    assert seen.take(reply(None)) == []
    assert seen.take(reply(TWO)) == ["scorer.checkpoint 1, now 2"]
    assert seen.known == ONE


def test_a_scorer_is_shown_by_name_and_checkpoint() -> None:
    assert scorer_shown(ONE) == "a (checkpoint 1)"
    assert scorer_shown(None) == "not known"
