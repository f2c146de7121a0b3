"""Real model outputs and real gold answers, where MEDREWARD_DATA names the folder that holds them."""

from __future__ import annotations

import gzip
import json
import os
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medreward.rewards.matching import chosen_option, match_choice, match_choices, match_yes_no, yes_no

DATA = Path(os.environ.get("MEDREWARD_DATA", ""))
pytestmark = pytest.mark.skipif(
    not os.environ.get("MEDREWARD_DATA"), reason="MEDREWARD_DATA does not name the folder of real answers"
)

YES_NO = {"A": "Yes", "B": "No"}
_LAST_LABEL = re.compile(r"\b([AB])\)\W*(?:Yes|No)")


def lines(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def said(row: dict[str, Any]) -> str:
    """The last assistant turn, or what it holds in its answer tag."""
    turn = row["pred"].split("assistant\n")[-1]
    tagged = re.search(r"<answer>(.*?)</answer>", turn, re.DOTALL)
    return tagged[1] if tagged else turn


@pytest.mark.parametrize(
    ("model", "at_least"), [("gpt4o", 280), ("ours_process_final_150", 300), ("qwenvl72b", 300), ("qwenvl7b", 300)]
)
@pytest.mark.parametrize("task", ["rsna", "siim"])
def test_conclusions_of_real_reasoning_are_read(model: str, at_least: int, task: str) -> None:
    read = 0
    for row in lines(f"chestx_rsna_siim/{model}.{task}_binary_test_option.jsonl.gz"):
        answer = said(row)
        key, _ = chosen_option(answer, YES_NO)
        if key is None:
            continue
        read += 1
        labels = _LAST_LABEL.findall(answer)
        if labels:
            assert key == labels[-1] or "Option B (No)" in answer
            assert yes_no(answer) is (key == "A")
    assert read >= at_least


def test_every_gold_answer_of_rad_restruct_earns_one_and_every_other_zero() -> None:
    seen = set()
    for row in lines("rad_restruct/val_qa.jsonl.gz"):
        case = (tuple(row["options"]), tuple(row["answer"]))
        if case in seen:
            continue
        seen.add(case)
        choices = dict(zip(string.ascii_uppercase, row["options"], strict=False))
        letters = {text: key for key, text in choices.items()}
        gold = [letters[text] for text in row["answer"]]
        reference = ", ".join(gold)
        for answer in (reference, " and ".join(gold), ", ".join(row["answer"]), f"The answer is {reference}."):
            for spelled in (reference, ", ".join(row["answer"])):
                assert match_choices(answer, choices, spelled).value == 1.0, (answer, spelled, choices)
        for key, text in choices.items():
            if gold != [key]:
                for answer in (key, text, f"{key}. {text}", f"{reference}. The correct answer is {key}."):
                    assert match_choices(answer, choices, reference).value == 0.0, (answer, reference, choices)
            if len(gold) == 1:
                for answer in (key, text, f"({key})", f"{key}) {text}"):
                    assert match_choice(answer, choices, gold[0]).value == float(gold == [key]), (answer, choices)


def test_every_plain_gold_answer_of_cares_is_a_reference_and_an_answer() -> None:
    plain = 0
    for row in lines("cares_iu/iuxray_factuality.jsonl.gz"):
        gold = row["answer"]
        word = gold.strip("- .").lower()
        if word not in ("yes", "no"):
            continue
        plain += 1
        other = "no" if word == "yes" else "yes"
        assert match_yes_no(gold, gold).value == match_yes_no(word, gold).value == 1.0
        assert match_yes_no(other, gold).value == 0.0
    assert plain > 2200


def test_explained_answers_of_cares_keep_their_word() -> None:
    explained = unread = 0
    for row in lines("cares_iu/iuxray_factuality.jsonl.gz"):
        opening = re.match(r"(yes|no)(?:[,;.]| \()", row["answer"].lower())
        if opening is None or len(row["answer"]) < 8:
            continue
        explained += 1
        value = yes_no(row["answer"])
        unread += value is None
        assert value in (None, opening[1] == "yes"), row["answer"]
    assert explained > 150
    assert unread < 5
