"""The vocabulary: rich enough, well formed, and divided between the splits."""

import re
from random import Random

import pytest

from medreward_trainer.scorer.grammar.lexicon import entities, named, related, tagged
from medreward_trainer.scorer.grammar.phrasing import allowed, frames, pick

KEYS = sorted(entities())
SLOTS = {
    "{s}", "{s_low}", "{place}", "{Place}", "{region}", "{name}", "{Name}", "{bare}", "{where}", "{cue}", "{Cue}",
    "{rival}", "{Rival}", "{scope}",
}  # fmt: skip


def test_at_least_sixty_entities_are_described() -> None:
    assert len(KEYS) >= 60


@pytest.mark.parametrize("key", KEYS)
def test_every_entity_has_phrases_for_both_splits(key: str) -> None:
    entity = entities()[key]
    for phrases in (
        entity.present,
        entity.absent,
        entity.knows,
        entity.cues,
        *([entity.clear] if entity.paired else []),
    ):
        assert len(phrases) >= 4
        assert len(set(phrases)) == len(phrases)


@pytest.mark.parametrize("key", KEYS)
def test_sides_stand_exactly_where_a_side_is_known(key: str) -> None:
    entity = entities()[key]
    for text in (*entity.present, *entity.clear):
        assert bool(re.search(r"\{(side|site)\}", text)) == entity.paired or not entity.paired, text
    for text in (*entity.absent, *entity.cues, *entity.knows):
        assert "{" not in text, text
    if entity.paired:
        assert all("{side}" in name for area in entity.areas for name in area)
        assert any("{side}" not in name for name in entity.wide)


@pytest.mark.parametrize("key", KEYS)
def test_kin_are_entities(key: str) -> None:
    assert key in related(key)
    unknown = set(entities()[key].kin) - set(KEYS)
    assert not unknown


def test_kinship_holds_in_both_directions() -> None:
    assert "infiltrate" in related("pneumonia")
    assert "pneumonia" in related("infiltrate")
    assert "pneumothorax" not in related("pneumonia")


def test_labels_of_data_sets_are_found_in_any_case() -> None:
    assert named("Liver") == ("liver",)
    assert named("pneumothorax") == ("pneumothorax",)
    assert named("no such thing") == ()


def test_tags_keep_organs_and_findings() -> None:
    assert {"pneumothorax", "heart"} <= set(tagged("chest"))


def test_frames_know_only_slots_that_are_filled() -> None:
    for name, lines in frames().items():
        for line in lines:
            assert set(re.findall(r"\{\w+\}", line)) <= SLOTS, (name, line)


@pytest.mark.parametrize("stage", ["localize", "see", "know", "finding_yes", "finding_no", "organ_yes", "organ_no"])
def test_every_stage_has_fifteen_frames(stage: str) -> None:
    assert len(frames()[stage]) >= 15


def test_test_phrases_are_never_training_phrases() -> None:
    phrases = [str(number) for number in range(10)]
    train, test = set(allowed(phrases, "train")), set(allowed(phrases, "test"))
    assert train | test == set(phrases)
    assert not train & test
    assert set(allowed(phrases, "tune")) == train


def test_short_lists_are_not_divided() -> None:
    assert list(allowed(["a", "b", "c"], "test")) == ["a", "b", "c"]


def test_pick_stays_within_its_split() -> None:
    rng = Random(0)
    assert {pick(["a", "b", "c", "d"], "test", rng) for _ in range(20)} == {"d"}
    assert {pick(["a", "b", "c", "d"], "train", rng) for _ in range(50)} == {"a", "b", "c"}
