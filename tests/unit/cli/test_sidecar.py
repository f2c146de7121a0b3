"""``F.run.json``: results of another recipe, another input or another run never get into one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medreward import __version__
from medreward.cli import backend

from .conftest import Medreward, closed, ids, many, write


def mine(tmp_path: Path, mode: str) -> tuple[object, ...]:
    """Options by which recipe ``mine`` has a parameter of this value; its weights are the same."""
    recipe = (
        f"name: mine\ncomponents: {{semantics: {{weight: 1}}, grounding: {{weight: 1, params: {{mode: {mode}}}}}}}\n"
    )
    (tmp_path / "mine.yaml").write_text(recipe)
    (tmp_path / "settings.yaml").write_text(f"recipe_files: [{tmp_path / 'mine.yaml'}]\n")
    return ("--recipe", "mine", "--config", tmp_path / "settings.yaml")


def test_it_says_how_the_results_were_made(medreward: Medreward, source: Path, out: Path, beside: Path) -> None:
    assert medreward("score", source, "--recipe", "gemex", "--out", out, "--batch-size", 2).exit_code == 0
    said = json.loads(beside.read_text())
    assert len(said.pop("recipe_hash")) == 12
    assert len(said.pop("input_sha256")) == 64
    assert said.pop("judge")["engine"] == "embedded"
    assert said == {
        "medreward": __version__,
        "recipe": "gemex",
        "explain": False,
        "reader": "rollouts",
        "respond": "reference",
        "answered": 7,
    }
    assert sorted(path.name for path in out.parent.iterdir()) == ["in.jsonl", "out.jsonl", "out.jsonl.run.json"]


def test_a_recipe_of_equal_weights_and_another_hash_is_refused(
    tmp_path: Path, medreward: Medreward, source: Path, out: Path
) -> None:
    medreward("score", source, "--out", out, "--limit", 3, *mine(tmp_path, "threshold"))
    before = out.read_bytes()
    done = medreward("score", source, "--out", out, *mine(tmp_path, "continuous"))
    assert done.exit_code == 2
    assert f"{out} was made with recipe_hash " in done.stderr
    assert done.stderr.count("\n") == 1
    assert out.read_bytes() == before
    assert medreward("score", source, "--out", out, *mine(tmp_path, "threshold")).exit_code == 0
    assert len(ids(out)) == 7


def test_what_differs_is_named(
    tmp_path: Path, medreward: Medreward, monkeypatch: pytest.MonkeyPatch, out: Path
) -> None:
    source = tmp_path / "cares.jsonl"
    source.write_text('{"question": "Is it?", "answer": "Yes"}\n')
    command = ("score", source, "--recipe", "gemex", "--reader", "cares", "--out", out)
    assert medreward(*command).exit_code == 0
    before = out.read_bytes()
    for options, said in (
        (["--explain"], "explain False, now True"),
        (["--respond", "other"], "respond reference, now other"),
        (["--reader", "rollouts"], "reader cares, now rollouts"),
    ):
        done = medreward(*command, *options)
        assert (done.exit_code, f"{out} was made with {said}; nothing was changed" in done.stderr) == (2, True)
    monkeypatch.setattr(backend, "__version__", "99")
    assert f"medreward {__version__}, now 99" in medreward(*command).stderr
    assert out.read_bytes() == before


def test_results_without_it_are_refused_and_an_empty_file_is_not(
    medreward: Medreward, source: Path, out: Path, beside: Path
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out)
    medreward(*command, "--limit", 3)
    before = out.read_bytes()
    beside.unlink()
    done = medreward(*command)
    assert done.exit_code == 2
    assert f"{beside}, which says how they were made, is not there: put it back or name another --out" in done.stderr
    assert (out.read_bytes(), beside.exists()) == (before, False)
    out.write_bytes(b"")
    assert medreward(*command).exit_code == 0
    assert len(ids(out)) == 7


def test_an_empty_file_takes_another_recipe(medreward: Medreward, source: Path, out: Path, beside: Path) -> None:
    medreward("score", source, "--recipe", "gemex", "--out", out)
    out.write_bytes(b"")
    assert medreward("score", source, "--recipe", "medsage", "--out", out).exit_code == 0
    assert json.loads(beside.read_text())["recipe"] == "medsage"


@pytest.mark.parametrize("text", ["", "notes", "{}", "[1]", '{"recipe": "gemex"}', "\xff"])
@pytest.mark.parametrize("empty", [False, True])
def test_one_that_is_not_ours_is_never_touched(
    medreward: Medreward, source: Path, out: Path, beside: Path, text: str, empty: bool
) -> None:
    if not empty:
        medreward("score", source, "--recipe", "gemex", "--out", out, "--limit", 3)
    beside.write_text(text, encoding="latin-1")
    done = medreward("score", source, "--recipe", "gemex", "--out", out)
    assert (done.exit_code, f"{beside} does not say how results were made" in done.stderr) == (2, True)
    assert beside.read_text(encoding="latin-1") == text


@pytest.mark.parametrize("changed", range(7))
@pytest.mark.parametrize("there", [1, 3, 4, 7])
def test_a_response_that_was_answered_and_is_another_now_is_refused(
    medreward: Medreward, source: Path, out: Path, changed: int, there: int
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out, "--batch-size", 2)
    medreward(*command, "--limit", there)
    before = out.read_bytes()
    write(source, [*many(7)[:changed], closed(f"r{changed}", right=changed % 3 == 0), *many(7)[changed + 1 :]])
    done = medreward(*command)
    if changed < there:
        assert done.exit_code == 2
        assert f"{source} is not what {out} was made from: its first {there} rollouts are others now" in done.stderr
        assert out.read_bytes() == before
    else:
        assert done.exit_code == 0, done.stderr
        assert ids(out) == [f"r{number}" for number in range(7)]


@pytest.mark.parametrize("lines", [1, 3, 6])
def test_a_changed_response_is_found_beyond_the_lines_that_are_there(
    medreward: Medreward, source: Path, out: Path, lines: int
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out)
    medreward(*command)
    before = b"".join(out.read_bytes().splitlines(keepends=True)[:lines])
    out.write_bytes(before)
    write(source, [*many(6), closed("r6", right=True)])
    done = medreward(*command)
    assert (done.exit_code, "rollouts are others now" in done.stderr) == (2, True)
    write(source, many(6))
    assert medreward(*command).exit_code == 2
    assert out.read_bytes() == before


def test_the_input_is_never_overwritten_by_it(medreward: Medreward, tmp_path: Path) -> None:
    source = write(tmp_path / "out.jsonl.run.json", many(2))
    before = source.read_bytes()
    done = medreward("score", source, "--recipe", "gemex", "--out", tmp_path / "out.jsonl")
    assert (done.exit_code, f"{source} is the input" in done.stderr, source.read_bytes()) == (2, True, before)
