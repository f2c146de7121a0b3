"""``medreward-train`` as a user runs it, on data and a backbone that are tiny."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from medreward_trainer.cli import app
from medreward_trainer.scorer import dataset
from medreward_trainer.scorer.examples import Contrast

from .scorer.evaluation import made

Run = Callable[..., Result]

TRAINED = {
    "scorer.json",
    "model.safetensors",
    "metrics.json",
    "README.md",
    "scores.png",
    "scores-text.png",
    "reliability.png",
}


@pytest.fixture
def run() -> Run:
    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        # a defect would otherwise look like exit code 1
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds nothing, and a build that does not read it."""
    tested: list[Contrast] = [*made.told_apart(6), *made.judged(6)]

    def build(*_: object, evaluated: Sequence[str], writings: int) -> dataset.Dataset:
        return dataset.Dataset(made.told_apart(40), made.told_apart(10), tested, {}, {}, {})

    monkeypatch.setattr(dataset, "build", build)
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings for a run of a few steps."""
    made.checkpoint(tmp_path / "made")
    settings = {
        "name": "tiny",
        "backbone": str(tmp_path / "made" / "backbone"),
        "max_tokens": 64,
        "lora": {"rank": 0},
        "sources": {"slake": None},
        "epochs": 3.0,
        "learning_rate": 0.01,
        "precision": "float32",
        "threads": 1,
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def test_data_become_a_checkpoint_with_metrics_plots_and_card(
    run: Run, data: Path, config: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = run("scorer", "--data", data, "--config", config, "--out", out)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert {file.name for file in out.iterdir()} >= TRAINED
    metrics = json.loads((out / "metrics.json").read_text())
    # one word tells, so a few steps find it
    assert metrics["slices"]["grammar"]["methods"]["scorer"]["pairwise"]["all"]["value"] > 0.9
    assert "medreward-train scorer --config tiny.yaml --data DATA" in (out / "README.md").read_text()
    assert "of the targets" in done.stdout

    again = run("scorer-eval", "--checkpoint", out, "--data", data, "--config", config, "--out", tmp_path / "again")
    assert again.exit_code == 0, again.stdout + again.stderr
    assert json.loads((tmp_path / "again" / "metrics.json").read_text()) == metrics


def test_evaluation_without_out_writes_nothing(run: Run, data: Path, config: Path, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    done = run("scorer-eval", "--checkpoint", tmp_path / "made/whole", "--data", data, "--config", config, "--limit", 4)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert "side_flip" in done.stdout
    assert set(tmp_path.rglob("*")) == before


def test_a_wrong_setting_is_named(run: Run, data: Path, config: Path) -> None:
    config.write_text(config.read_text() + "epoch: 3\n")
    done = run("scorer", "--data", data, "--config", config)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "epoch" in done.stderr
    assert str(config) in done.stderr
    assert done.stderr.count("\n") == 1


def test_data_that_are_not_there_are_named(run: Run, config: Path, tmp_path: Path) -> None:
    done = run("scorer", "--data", tmp_path / "nowhere", "--config", config)
    assert done.exit_code == 2
    assert "nowhere is no folder" in done.stderr


def test_a_missing_data_file_is_named(run: Run, config: Path, tmp_path: Path) -> None:
    done = run("scorer", "--data", tmp_path, "--config", config)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"medreward-train: {tmp_path}/")
    assert done.stderr.count("\n") == 1


def test_no_data_at_all_is_a_usage_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDREWARD_DATA", raising=False)
    done = run("scorer")
    assert done.exit_code == 2
    assert "--data" in done.stderr


def test_no_checkpoint_is_named(run: Run, data: Path, config: Path, tmp_path: Path) -> None:
    done = run("scorer-eval", "--checkpoint", tmp_path / "none", "--data", data, "--config", config)
    assert done.exit_code == 2
    assert f"{tmp_path / 'none'}: no checkpoint" in done.stderr


def test_nothing_to_resume_is_told(run: Run, data: Path, config: Path, tmp_path: Path) -> None:
    done = run("scorer", "--data", data, "--config", config, "--out", tmp_path / "out", "--resume")
    assert done.exit_code == 2
    assert "no state to resume from" in done.stderr


def test_weights_that_give_no_number_are_exit_1(run: Run, data: Path, config: Path, tmp_path: Path) -> None:
    broken = made.checkpoint(tmp_path / "broken", nan=True)
    done = run("scorer-eval", "--checkpoint", broken.path, "--data", data, "--config", config)
    assert done.exit_code == 1
    assert "not finite" in done.stderr


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from medreward_trainer.cli import app\n"
        "assert CliRunner().invoke(app, ['scorer', '--help']).exit_code == 0\n"
        "print([name for name in ('torch', 'transformers', 'sklearn', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
