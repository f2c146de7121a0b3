from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from medreward_trainer.scorer.examples import Contrast
from medreward_trainer.scorer.sources import medrbench
from medreward_trainer.scorer.sources.files import DataError
from medreward_trainer.scorer.sources.medrbench_rows import DIAGNOSES, STEPS, parts_of, read, summary

DATA = os.environ.get("MEDREWARD_DATA")

CASE = "- **Patient Information:** A man of 60.\n- **Family History:** Not provided.\n- **Chief Complaint:** Cough."
RESPONSE = """```
### Resoning:
<step 1> He coughs **blood**.
<step 2> A mass is seen.

### Answer:
Lung cancer.
```"""


def row(**changes: Any) -> dict[str, Any]:
    return {"id": "PMC1", "model": "m", "case_summary": CASE, "response": RESPONSE, **changes}


def judged(*factual: bool | None) -> list[dict[str, Any]]:
    texts = ["He coughs **blood**.", "A mass is seen."]
    return [{"step": text, "factual": one} for text, one in zip(texts, factual, strict=True)]


def folder(tmp_path: Path, diagnoses: list[dict[str, Any]], steps: list[dict[str, Any]]) -> Path:
    (tmp_path / "medrbench").mkdir()
    for name, rows in ((DIAGNOSES, diagnoses), (STEPS[0], steps), *((name, []) for name in STEPS[1:])):
        text = "".join(json.dumps(one) + "\n" for one in rows)
        (tmp_path / "medrbench" / name).write_bytes(gzip.compress(text.encode()))
    return tmp_path


def test_a_response_is_one_stage_and_an_answer_without_markdown(tmp_path: Path) -> None:
    (one,) = read(folder(tmp_path, [row(acc_gpt=True, acc_gemma=True)], []))
    assert one.ask.stages == (("think", "He coughs blood.\nA mass is seen."),)
    assert one.ask.answer == "Lung cancer."
    assert one.ask.question.endswith("\nWhat is the most likely diagnosis?")
    assert (one.group, one.writer, one.right) == ("PMC1", "m", True)


def test_where_the_judges_of_a_diagnosis_disagree_it_is_left_out(tmp_path: Path) -> None:
    assert read(folder(tmp_path, [row(acc_gpt=True, acc_gemma=False)], [])) == []


@pytest.mark.parametrize(
    ("factual", "right"), [((True, True), True), ((True, None), True), ((False, None), False), ((None, None), None)]
)
def test_one_step_that_is_not_factual_makes_it_wrong_and_unjudged_ones_count_for_nothing(
    tmp_path: Path, factual: tuple[bool | None, ...], right: bool | None
) -> None:
    found = read(folder(tmp_path, [], [row(steps=judged(*factual))]))
    assert [one.right for one in found] == ([] if right is None else [right])


@pytest.mark.parametrize(("diagnosis", "factual"), [(True, False), (False, True)])
def test_a_response_judged_twice_is_one_and_sound_only_by_both(tmp_path: Path, diagnosis: bool, factual: bool) -> None:
    data = folder(tmp_path, [row(acc_gpt=diagnosis, acc_gemma=diagnosis)], [row(steps=judged(True, factual))])
    (one,) = read(data)
    assert not one.right
    assert one.wrong_parts == (frozenset() if factual else frozenset({1}))


def test_a_response_without_an_answer_is_left_out(tmp_path: Path) -> None:
    cut = RESPONSE.split("### Answer")[0]
    assert read(folder(tmp_path, [row(acc_gpt=False, acc_gemma=False, response=cut)], [])) == []


def test_thoughts_before_the_reasoning_section_are_not_part_of_it() -> None:
    thought = "<think>\nHm, a tumour?\n</think>\n"
    steps, answer = parts_of(f"{thought}### Reasoning:\nHe smokes.\n\nHe coughs.\n\n### Answer:\nA cold")
    assert (steps, answer) == (["He smokes.", "He coughs."], "A cold")


def test_a_heading_stands_before_what_it_heads() -> None:
    steps, _ = parts_of("### Reasoning:\n**Imaging**\n\nA mass is seen.\n\nSo it is cancer\n\n### Answer:\nx")
    assert steps == ["Imaging: A mass is seen.", "So it is cancer"]


def test_a_summary_leaves_out_only_headings_under_which_nothing_is_reported() -> None:
    assert summary(CASE) == "Patient Information: A man of 60. Chief Complaint: Cough."
    assert summary("- **Family History:** None.") == "Family History: None."


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    data = folder(tmp_path, [row(acc_gpt=True, acc_gemma=True)], [row(steps="none")])
    with pytest.raises(DataError, match=rf"{STEPS[0]}:1: .*steps"):
        read(data)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"{DIAGNOSES}: cannot be read"):
        read(tmp_path)


@pytest.fixture(scope="module")
def contrasts() -> list[Contrast]:
    if not DATA:
        pytest.skip("MEDREWARD_DATA does not name the folder of real data")
    return medrbench.load(Path(DATA), 0)


@pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA does not name the folder of real data")
class TestRealData:
    def test_the_labels_are_these(self) -> None:
        counts = Counter(one.right for one in read(Path(DATA or "")))
        assert sum(counts.values()) == 2_896
        assert counts[False] == 546

    def test_contrasts_are_the_same_for_the_same_seed_and_differ_for_another(self, contrasts: list[Contrast]) -> None:
        assert medrbench.load(Path(DATA or ""), 0) == contrasts
        some, others = (medrbench.load(Path(DATA or ""), seed, 40) for seed in (0, 1))
        assert len(some) == len(others) == 40
        assert some != others

    def test_corruptions_are_no_sound_text_and_come_from_no_other_split(self, contrasts: list[Contrast]) -> None:
        sound = {example.ask for contrast in contrasts for example in contrast.sound}
        assert not [one for contrast in contrasts for one in contrast.unsound if one.ask in sound]
        answers = {
            split: {one.ask.answer for contrast in contrasts if contrast.split == split for one in contrast.sound}
            for split in ("train", "test")
        }
        swapped = {
            one.ask.answer
            for contrast in contrasts
            if contrast.split == "train"
            for one in contrast.unsound
            if one.kind == "wrong_answer"
        }
        assert swapped
        assert swapped <= answers["train"]

    def test_training_texts_are_short_enough_to_be_seen_whole(self, contrasts: list[Contrast]) -> None:
        words = [
            len(one.ask.stages[0][1].split())
            for contrast in contrasts
            if contrast.split == "train"
            for one in (*contrast.sound, *contrast.unsound)
        ]
        assert sum(size > 200 for size in words) < 0.03 * len(words)
