"""The sources that the grammar writes around real questions, when these are at hand."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from medreward_trainer.scorer.examples import CORRUPTIONS, Contrast
from medreward_trainer.scorer.sources import chestx_facts, rad_restruct, slake
from medreward_trainer.scorer.sources.files import DataError

DATA = os.environ.get("MEDREWARD_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA is not set: no real questions at hand")
SOURCES = {"slake": slake, "rad_restruct": rad_restruct, "chestx": chestx_facts}


@pytest.fixture(scope="module", params=SOURCES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def source(name: str) -> ModuleType:
    return SOURCES[name]


@pytest.fixture(scope="module")
def made(source: ModuleType) -> list[Contrast]:
    loaded: list[Contrast] = source.load(Path(str(DATA)), 1, 150)
    return loaded


def test_missing_data_is_named(source: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=str(tmp_path)):
        source.load(tmp_path, 0)


@needs_data
def test_every_question_has_sound_and_unsound_trajectories(made: list[Contrast], name: str) -> None:
    assert len(made) == 150
    for each in made:
        assert each.source == name
        assert each.sound
        assert len(each.unsound) >= 3
        assert len({example.ask.question for example in (*each.sound, *each.unsound)}) == 1


@needs_data
def test_every_corruption_occurs(made: list[Contrast]) -> None:
    assert {example.kind for each in made for example in each.unsound} == set(CORRUPTIONS)


@needs_data
def test_the_same_seed_gives_the_same(source: ModuleType, made: list[Contrast]) -> None:
    assert source.load(Path(str(DATA)), 1, 150) == made
    assert source.load(Path(str(DATA)), 2, 150) != made


@needs_data
def test_no_answer_is_much_more_frequent_than_its_opposite(made: list[Contrast]) -> None:
    answers = Counter(each.sound[0].ask.answer.lower().split(". ")[-1] for each in made)
    assert 0.5 < answers["yes"] / answers["no"] < 2
