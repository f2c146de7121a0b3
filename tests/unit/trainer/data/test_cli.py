"""``medreward-train data`` as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from medreward_trainer.cli import app
from medreward_trainer.cli.data import RecipeName, SplitName, data
from medreward_trainer.data.images import MAX_PIXELS, MULTIPLE
from medreward_trainer.data.readers import SOURCES
from medreward_trainer.data.recipes import RECIPES

from . import made

made.need_pyarrow()

from medreward_trainer.data.parquet import COLUMNS  # noqa: E402

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(app, ["data", *(str(argument) for argument in arguments)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    return made.lines(tmp_path / "d.jsonl", [made.rollout(n, tmp_path / "images") for n in range(10)])


def test_what_the_command_line_names_is_what_there_is() -> None:
    assert {command.name for command in data.registered_commands if command.name} == set(SOURCES)
    assert {recipe.value for recipe in RecipeName} == set(RECIPES)
    assert {split.value for split in SplitName} == {"auto", "official", "image"}
    assert MAX_PIXELS == 512 * MULTIPLE**2


def test_a_users_file_becomes_files_that_pass_the_check(run: Run, lines: Path, tmp_path: Path) -> None:
    with lines.open("a") as file:
        file.write("{}\n")
    out = tmp_path / "out"
    result = run("jsonl", lines, "--images", tmp_path / "images", "--out", out, "--recipe", "medsage")
    assert result.exit_code == 0
    assert "the row is not of the known form" in result.stdout
    report = json.loads((out / "report.json").read_text())
    assert report["read"] == 11
    assert report["agent"] == "medsage"
    assert report["options"]["seed"] == 0
    checked = run("check", *(out / f"{split}.parquet" for split in ("train", "val", "test")))
    assert checked.exit_code == 0
    assert "open_ended" in checked.stdout


def test_a_damaged_file_ends_with_one_and_names_row_and_field(run: Run, lines: Path, tmp_path: Path) -> None:
    run("jsonl", lines, "--out", tmp_path / "out", "--recipe", "gemex", "--agent", "wizard")
    result = run("check", tmp_path / "out/train.parquet", "--show", 1)
    assert result.exit_code == 1
    assert "unknown agent: 8" in result.stdout
    assert "row 0: agent_name: wizard" in result.stdout
    assert "and 7 more" in result.stdout
    assert run("check", tmp_path / "out/train.parquet", "--agent", "wizard").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["jsonl", "nowhere.jsonl"], "there is no nowhere.jsonl"),
        (["slake", "--data", "."], "holds none of train.json"),
        (["jsonl", "{lines}", "--images", "nowhere"], "--images"),
        (["jsonl", "{lines}", "--language", "zh"], "--language"),
        (["jsonl", "{lines}", "--box-frame", "big"], "--box-frame"),
        (["jsonl", "{lines}", "--box-frame", "9" * 5000 + "x9"], "--box-frame"),
        (["gemex", "--data", "{lines.parent}"], "lies inside --data"),
        (["vqa-rad", "--data", ".", "--box-frame", "9x9"], "--box-frame"),
        (["jsonl", "{lines}", "--max-pixels", "100"], "--max-pixels"),
        (["jsonl", "{lines}", "--val-share", "0.5", "--test-share", "0.5"], "--val-share"),
        (["jsonl", "{lines}", "--split", "official"], "--split official"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    run: Run, lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    given = [argument.format(lines=lines) for argument in arguments]
    result = run(*given, "--out", tmp_path / "out", "--recipe", "gemex")
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_nothing_written_still_tells_the_reasons(run: Run, tmp_path: Path) -> None:
    data = made.lines(tmp_path / "d.jsonl", [made.rollout(1, tmp_path / "images", question_type="riddle")])
    result = run("jsonl", data, "--out", tmp_path / "out", "--recipe", "gemex")
    assert result.exit_code == 2
    assert "question_type is none of" in result.stdout
    assert "none can be written" in result.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_failed_run_leaves_the_files_of_the_one_before_whole(run: Run, lines: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("jsonl", lines, "--out", out, "--recipe", "gemex").exit_code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(before) == {"train.parquet", "val.parquet", "test.parquet", "report.json"}
    (tmp_path / "images/9.png").write_bytes(b"no image")
    result = run("jsonl", lines, "--out", out, "--recipe", "medsage", "--strict")
    assert result.exit_code == 2
    assert "cannot be decoded" in result.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_an_out_folder_that_cannot_be_one_is_told_in_one_line(run: Run, lines: Path) -> None:
    result = run("jsonl", lines, "--out", lines, "--recipe", "gemex")
    assert (result.exit_code, result.stderr) == (1, f"medreward-train: {lines}: File exists\n")


def test_the_page_names_every_option_and_every_column() -> None:
    page = (Path(__file__).parents[4] / "docs/data.md").read_text()
    commands = typer.main.get_command(data).commands.values()  # type: ignore[attr-defined]
    options = {name for command in commands for option in command.params for name in option.opts if name[0] == "-"}
    assert [name for name in sorted(options) if name not in page] == []
    assert [column for column in COLUMNS if f"| `{column}` |" not in page] == []
