"""``medreward score`` in process: what it writes, sums up, and refuses."""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path

import msgspec
import pytest

from medreward.contract.types import Result

from .conftest import Medreward, closed, ids, judged, many, write


def rows(output: str) -> dict[str, list[str]]:
    """The summary's lines and table rows by their first word."""
    split = [line.replace("│", " ").split() for line in output.splitlines()]
    return {words[0]: words[1:] for words in split if words}


def test_results_are_the_contracts_in_input_order(tmp_path: Path, medreward: Medreward) -> None:
    source, out = write(tmp_path / "in.jsonl", many(10)), tmp_path / "out.jsonl"
    done = medreward("score", source, "--recipe", "gemex", "--out", out, "--batch-size", 3)
    assert done.exit_code == 0, done.stderr
    results = [msgspec.json.decode(line, type=Result) for line in out.read_bytes().splitlines()]
    assert [result.id for result in results] == [f"r{number}" for number in range(10)]
    assert [result.reward for result in results[:4]] == [1.0, 2.0, 2.0, 1.0]


def test_summary_counts_and_means(tmp_path: Path, medreward: Medreward, no_judge: tuple[str, Path]) -> None:
    source = write(
        tmp_path / "in.jsonl", [closed("a"), closed("b", right=False), judged("c"), closed("d"), {"id": "e"}]
    )
    done = medreward("score", source, "--recipe", "gemex", *no_judge)
    said = rows(done.stdout)
    assert done.exit_code == 0
    assert said["rollouts"] == ["5"]
    assert said["scored"] == ["3", "reward:", "mean", "1.6667,", "min", "1.0000,", "max", "2.0000"]
    assert said["absent"][0] == "2"
    assert {"unavailable", "invalid_input"} <= set(said["absent"])
    # ok, invalid_input, unavailable, mean, min, max
    assert said["semantics"] == ["3", "1", "1", "0.6667", "0.0000", "1.0000"]
    assert said["grounding"] == ["4", "1", "0", "1.0000", "1.0000", "1.0000"]
    assert "rollouts/s" in said["time"]
    assert "judge" not in said


def test_summary_says_what_the_judge_did_over_all_batches(tmp_path: Path, medreward: Medreward) -> None:
    answers = ["much pus", "much pus", "no fluid", "There is much fluid.", "no fluid", "no fluid"]
    rollouts = [
        judged(f"r{number}") | {"response": f"<response><answer>{answer}</answer></response>"}
        for number, answer in enumerate(answers)
    ]
    source = write(tmp_path / "in.jsonl", [*rollouts, *many(2)])
    done = medreward("score", source, "--recipe", "gemex", "--batch-size", 4)
    assert done.exit_code == 0, done.stderr
    # the first batch wants three judgements, two of them equal; the second wants two, both known from the first
    said = " ".join(rows(done.stdout)["judge"])
    assert said == "5 engine calls 2, cache hits 1, coalesced 2"


def test_absent_rewards_are_no_failure_but_told(
    tmp_path: Path, medreward: Medreward, no_judge: tuple[str, Path]
) -> None:
    source = write(tmp_path / "in.jsonl", [judged("a"), judged("b"), {"id": "c"}])
    done = medreward("score", source, "--recipe", "gemex", *no_judge)
    assert done.exit_code == 0
    assert (
        "3 of 3 rollouts have no reward; the commonest reason, of 2: semantics unavailable (no judge is" in done.stdout
    )


def test_no_progress_bar_without_a_terminal(tmp_path: Path, medreward: Medreward) -> None:
    assert medreward("score", write(tmp_path / "in.jsonl", many(2)), "--recipe", "gemex").stderr == ""


def test_explain_puts_the_parsed_response_into_the_results(tmp_path: Path, medreward: Medreward) -> None:
    source, out = write(tmp_path / "in.jsonl", many(1)), tmp_path / "out.jsonl"
    medreward("score", source, "--recipe", "gemex", "--out", out, "--explain")
    assert json.loads(out.read_text())["trajectory"]["answer"] == "No"


def test_gzipped_input_and_standard_input_read_alike(tmp_path: Path, medreward: Medreward) -> None:
    plain = write(tmp_path / "in.jsonl", many(5)).read_bytes()
    zipped = tmp_path / "in.jsonl.gz"
    zipped.write_bytes(gzip.compress(plain))
    for name, stdin in ((zipped, None), ("-", plain), ("-", gzip.compress(plain))):
        out = tmp_path / "out.jsonl"
        out.unlink(missing_ok=True)
        assert medreward("score", name, "--recipe", "gemex", "--out", out, stdin=stdin).exit_code == 0
        assert len(ids(out)) == 5


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("count", [0, 3])
def test_a_byte_order_mark_before_the_input_is_no_part_of_it(
    tmp_path: Path, medreward: Medreward, zipped: bool, piped: bool, count: int
) -> None:
    source, out = write(tmp_path / "in.jsonl", many(count)), tmp_path / "out.jsonl"
    text = codecs.BOM_UTF8 + (source.read_bytes() or b"\n")
    text = gzip.compress(text) if zipped else text
    source.write_bytes(text)
    command = ("score", "-" if piped else source, "--recipe", "gemex", "--out", out)
    done = medreward(*command, stdin=text if piped else None)
    assert done.exit_code == 0, done.stderr
    assert len(ids(out)) == count


def test_a_bad_line_stops_the_run_after_what_came_before_it(tmp_path: Path, medreward: Medreward) -> None:
    rollouts = many(8)
    bad = [*rollouts[:5], closed("r5") | {"image": {"width": "wide"}}, *rollouts[6:]]
    source, out = write(tmp_path / "in.jsonl", bad), tmp_path / "out.jsonl"
    command = ("score", source, "--recipe", "gemex", "--out", out, "--batch-size", 2)
    stopped = medreward(*command)
    assert stopped.exit_code == 2
    assert f"{source}:6: image.width: Expected `int`, got `str`" in stopped.stderr
    assert "5 results" in stopped.stderr
    assert stopped.stderr.count("\n") == 1
    assert ids(out) == ["r0", "r1", "r2", "r3", "r4"]

    write(source, rollouts)
    assert medreward(*command).exit_code == 0
    assert ids(out) == [f"r{number}" for number in range(8)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is not JSON"),
        ('{"id": "a", "respnse": ""}', "respnse: unknown field"),
        ('{"id": 7}', "id: Expected `str`"),
    ],
)
def test_a_bad_line_is_named_with_its_field(tmp_path: Path, medreward: Medreward, line: str, said: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(f"\n{line}\n")
    done = medreward("score", source, "--recipe", "gemex")
    assert done.exit_code == 2
    assert f"{source}:2: {said}" in done.stderr


def test_limit_scores_only_the_first(tmp_path: Path, medreward: Medreward) -> None:
    source, out = write(tmp_path / "in.jsonl", many(10)), tmp_path / "out.jsonl"
    for limit, there in ((4, 4), (6, 6), (2, 6)):
        assert medreward("score", source, "--recipe", "gemex", "--out", out, "--limit", limit).exit_code == 0
        assert len(ids(out)) == there


def test_an_empty_file_is_no_error(tmp_path: Path, medreward: Medreward) -> None:
    done = medreward("score", write(tmp_path / "in.jsonl", []), "--recipe", "gemex")
    assert (done.exit_code, rows(done.stdout)["rollouts"]) == (0, ["0"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.jsonl", "--recipe", "gemex"], "nowhere.jsonl: cannot be read: No such file"),
        (["IN", "--recipe", "gemx"], "no recipe 'gemx', there are gemex, medsage"),
        (["IN", "--recipe", "gemex", "--reader", "sleak"], "no reader 'sleak', there are rollouts, vlm-r1"),
        (["IN", "--recipe", "gemex", "--respond", "other"], "--respond"),
        (["IN", "--recipe", "gemex", "--out", "no/where/out.jsonl"], "cannot be written: No such file"),
        (["IN", "--recipe", "gemex", "--out", "-"], "--out: - is no file"),
        (["IN", "--recipe", "gemex", "--deadline-ms", "600001"], "--deadline-ms: at most 600000 are taken, not 600001"),
        (["IN", "--recipe", "gemex", "--out", "out.jsonl.gz"], "name it without .gz"),
        (["IN", "--recipe", "gemex", "--out", "IN"], "is the input"),
        (["IN", "--recipe", "gemex", "--config", "no.yaml"], "no.yaml: cannot be read"),
        (["IN", "--recipe", "gemex", "--config", "no.yaml", "--url", "http://x"], "give one of the two"),
        (["IN", "--recipe", "gemex", "--url", "localhost:8000"], "must be like http://host:8000"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_exit_2(
    tmp_path: Path, medreward: Medreward, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = write(tmp_path / "in.jsonl", many(1)).read_bytes()
    done = medreward("score", *("in.jsonl" if argument == "IN" else argument for argument in arguments))
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "in.jsonl").read_bytes() == before
    assert not (tmp_path / "-").exists()


def test_the_settings_limit_of_a_deadline_holds_in_process(tmp_path: Path, medreward: Medreward) -> None:
    (tmp_path / "s.yaml").write_text("limits: {default_deadline_ms: 10, max_deadline_ms: 50}\n")
    command = ("score", write(tmp_path / "in.jsonl", many(1)), "--recipe", "gemex", "--config", tmp_path / "s.yaml")
    done = medreward(*command)
    assert (done.exit_code, "--deadline-ms: at most 50 are taken, not 10000" in done.stderr) == (2, True)
    assert medreward(*command, "--deadline-ms", 50).exit_code == 0


def test_skipped_rows_of_a_data_set_are_counted(tmp_path: Path, medreward: Medreward) -> None:
    source = tmp_path / "cares.jsonl"
    answers = ("Yes.", "No", "It is not said.", "")
    source.write_text("".join(json.dumps({"question": "Is it?", "answer": answer}) + "\n" for answer in answers))
    done = medreward("score", source, "--recipe", "gemex", "--reader", "cares")
    said = rows(done.stdout)
    assert said["rollouts"] == ["2"]
    assert said["skipped"][0] == "2"
    assert "neither yes nor no" in done.stdout
