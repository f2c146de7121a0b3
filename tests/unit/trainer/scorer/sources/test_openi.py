from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from medreward_trainer.scorer.sources import openi
from medreward_trainer.scorer.sources.files import DataError
from medreward_trainer.scorer.sources.outputs import asked, read_output

DATA = os.environ.get("MEDREWARD_DATA")

QUESTION = "Which finding is in this chest X-ray? Options:\nA) normal\nB) healed rib fracture"
TAIL = "\nLet's think step by step. Enclose the reasoning within <think></think> and so on."
OPTIONS = asked(QUESTION).options


def folder(tmp_path: Path, **last: str) -> Path:
    (tmp_path / "chestx_openi").mkdir()
    named = {"item_id": "[Findings Summarization] [OpenI] [540]OpenI", "question": QUESTION}
    tagged = f"system\nHelp.\nuser\n{QUESTION}{TAIL}\nassistant\n<think> It is healed. </think><answer> B </answer>"
    rows = {
        ("gpt4o", "single"): [
            {**named, "pred": "**Ribs:** broken.\n\nB) Healed rib fracture", "correct": "yes"},
            {**named, "pred": "", "correct": "yes"},
        ],
        ("gpt4o", "multi"): [],
        ("ours_process_final_150", "single"): [{"question": QUESTION + TAIL, "pred": tagged, "correct": "no", **last}],
        ("ours_process_final_150", "multi"): [],
    }
    for (writer, name), own in rows.items():
        path = tmp_path / "chestx_openi" / f"{writer}.openi_{name}.jsonl.gz"
        path.write_text("".join(json.dumps(row) + "\n" for row in own), encoding="utf-8")
    return tmp_path


def test_two_models_on_one_question_meet_in_its_contrast(tmp_path: Path) -> None:
    (contrast,) = openi.load(folder(tmp_path), 0)
    assert contrast.group == "540"
    assert [one.writer for one in contrast.sound] == ["gpt4o"]
    assert [one.writer for one in contrast.unsound] == ["ours_process_final_150"]


def test_the_question_has_its_options_and_no_instructions(tmp_path: Path) -> None:
    (contrast,) = openi.load(folder(tmp_path), 0)
    assert contrast.sound[0].ask.question == "Which finding is in this chest X-ray?\nA) normal\nB) healed rib fracture"


def test_an_empty_output_is_counted_and_not_scored(tmp_path: Path) -> None:
    judged = openi.labelled(folder(tmp_path))
    assert judged.empty == 1
    assert {writer: len(own) for writer, own in judged.by_writer.items()} == {"gpt4o": 1, "ours_process_final_150": 1}


def test_a_verdict_that_is_neither_yes_nor_no_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'maybe'"):
        openi.load(folder(tmp_path, correct="maybe"), 0)


@pytest.mark.parametrize(
    ("written", "reasoning", "answer"),
    [
        ("<think> It is healed. </think><answer> B </answer>", "It is healed.", "healed rib fracture"),
        ("<think> Clear.\nSo the answer is:\n<answer>A) normal</answer>\n</think>", "Clear.", "normal"),
        ("<think> Clear. </think><answer>Healed rib fracture.</answer>", "Clear.", "healed rib fracture"),
        ("<think> Clear. </think><answer>C</answer>", "Clear.", ""),
        ("All clear.\nThe answer is **A)**", "All clear.\nThe answer is A)", "normal"),
        (
            "It fits best:\nB) Healed rib fracture, as seen.",
            "It fits best:\nB) Healed rib fracture, as seen.",
            "healed rib fracture",
        ),
        ("It fits option A or option B.", "It fits option A or option B.", ""),
        ("I see nothing.", "I see nothing.", ""),
    ],
)
def test_the_answer_is_the_option_that_is_named_or_empty(written: str, reasoning: str, answer: str) -> None:
    assert read_output(written, OPTIONS) == (reasoning, answer)


@pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA does not name the folder of real data")
def test_real_outputs_are_these() -> None:
    judged = openi.labelled(Path(DATA or ""))
    assert judged.empty == 26
    kinds = {writer: Counter(one.kind for _, one in own) for writer, own in judged.by_writer.items()}
    assert kinds["gpt4o"] == {"judged_right": 141, "judged_wrong": 211}
    assert kinds["ours_process_final_150"] == {"judged_right": 218, "judged_wrong": 173}
    unclear = [one for own in judged.by_writer.values() for _, one in own if not one.ask.answer]
    assert len(unclear) < 10
