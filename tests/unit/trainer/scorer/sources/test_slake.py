"""The real questions of ``slake``, when they are at hand."""

import os
from collections import Counter
from pathlib import Path

import pytest

from medreward_trainer.scorer.examples import CORRUPTIONS, Contrast
from medreward_trainer.scorer.sources import slake

DATA = os.environ.get("MEDREWARD_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA is not set: no real questions at hand")


@pytest.fixture(scope="module")
def made() -> list[Contrast]:
    return slake.load(Path(str(DATA)), 1, 150)


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"train.json.gz"):
        slake.load(tmp_path, 0)


@needs_data
def test_every_question_has_sound_and_unsound_trajectories(made: list[Contrast]) -> None:
    assert len(made) == 150
    for each in made:
        assert each.source == "slake"
        assert each.sound
        assert len(each.unsound) >= 3
        assert len({example.ask.question for example in (*each.sound, *each.unsound)}) == 1


@needs_data
def test_every_corruption_occurs(made: list[Contrast]) -> None:
    assert {example.kind for each in made for example in each.unsound} == set(CORRUPTIONS)


@needs_data
def test_the_same_seed_gives_the_same(made: list[Contrast]) -> None:
    assert slake.load(Path(str(DATA)), 1, 150) == made
    assert slake.load(Path(str(DATA)), 2, 150) != made


@needs_data
def test_no_answer_is_much_more_frequent_than_its_opposite(made: list[Contrast]) -> None:
    answers = Counter(each.sound[0].ask.answer.lower().split(". ")[-1] for each in made)
    assert 0.5 < answers["yes"] / answers["no"] < 2
