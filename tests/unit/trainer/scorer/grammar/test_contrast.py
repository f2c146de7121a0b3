"""Contrasts: sound ones stay sound, each corruption breaks what its name says, and chance is the seed's alone."""

import re
from collections import Counter
from random import Random

import pytest

from medreward_trainer.scorer.examples import CORRUPTIONS, VARIANTS, Contrast, Example
from medreward_trainer.scorer.grammar import Case, contrast
from medreward_trainer.scorer.grammar.asides import observations, stranger
from medreward_trainer.scorer.grammar.asking import (
    is_there,
    is_wrong,
    placed,
    strangers,
    turned,
    where,
    which,
    with_options,
)
from medreward_trainer.scorer.grammar.contrast import sketch_of
from medreward_trainer.scorer.grammar.corrupt import CORRUPT
from medreward_trainer.scorer.grammar.lexicon import entities, related, tagged
from medreward_trainer.scorer.grammar.sketch import Sketch
from medreward_trainer.scorer.grammar.writer import STAGES, Style, Writer


def effusion(there: bool = True, seed: int = 0) -> Case:
    return is_there("Is there an effusion?", "pleural_effusion", there, "chest", Random(seed))


def many(case: Case, count: int = 60) -> list[Contrast]:
    return [contrast(case, "slake", f"image{seed}", Random(seed)) for seed in range(count)]


def of(kind: str, made: list[Contrast]) -> list[tuple[Example, Contrast]]:
    return [(example, each) for each in made for example in (*each.sound, *each.unsound) if example.kind == kind]


def stage(example: Example, name: str) -> str:
    return dict(example.ask.stages).get(name, "")


def test_the_same_seed_writes_the_same() -> None:
    assert contrast(effusion(), "slake", "a", Random(3)) == contrast(effusion(), "slake", "a", Random(3))
    assert contrast(effusion(), "slake", "a", Random(3)) != contrast(effusion(), "slake", "a", Random(4))


def test_every_kind_occurs_and_none_twice_among_the_unsound() -> None:
    made = many(effusion())
    kinds = Counter(example.kind for each in made for example in (*each.sound, *each.unsound))
    assert set(kinds) == {*CORRUPTIONS, *VARIANTS}
    for each in made:
        assert 1 <= len(each.sound) <= 4
        assert 4 <= len(each.unsound) <= 9
        assert len({example.kind for example in each.unsound}) == len(each.unsound)


def test_about_a_fifth_is_written_as_one_think() -> None:
    thinks = sum(each.sound[0].ask.stages[0][0] == "think" for each in many(effusion(), 200))
    assert 20 <= thinks <= 60


def test_a_think_has_no_corruption_of_marks() -> None:
    for each in many(effusion(), 100):
        if each.sound[0].ask.stages[0][0] == "think":
            assert {"skipped_stage", "repeated_stage"}.isdisjoint(example.kind for example in each.unsound)


def test_sound_trajectories_have_four_stages_and_the_right_answer() -> None:
    for each in many(effusion()):
        for example in each.sound:
            names = tuple(name for name, _ in example.ask.stages)
            assert names in (STAGES, ("think",))
            assert example.ask.answer == "Yes"
            assert all(text for _, text in example.ask.stages)


def test_no_slot_is_left_open() -> None:
    for each in [*many(effusion()), *many(effusion(False))]:
        for example in (*each.sound, *each.unsound):
            for _, text in example.ask.stages:
                bare = text.replace('{"box_2d"', "").replace('{"point"', "").replace('{"bbox_xyxy_pixel"', "")
                assert "{" not in bare, bare


def test_wrong_answers_keep_every_stage() -> None:
    for example, each in of("wrong_answer", many(effusion())):
        assert example.ask.answer == "No" != each.sound[0].ask.answer


def test_conflicting_conclusions_agree_with_their_answer() -> None:
    for example, _ in of("conclusion_conflict", many(effusion())):
        assert example.ask.answer == "No"


def test_skipped_stages_are_gone() -> None:
    for example, _ in of("skipped_stage", many(effusion())):
        assert len(example.ask.stages) == 3


def test_repeated_stages_stand_twice() -> None:
    for example, _ in of("repeated_stage", many(effusion())):
        texts = [text for _, text in example.ask.stages]
        assert len(set(texts)) < len(texts)


def test_flipped_sides_disagree_between_stages() -> None:
    for seed in range(40):
        case = effusion(True, seed)
        sketch = Sketch(case.gold)
        writer = Writer("train", Style("lvkc"), Random(seed))
        sound = writer.draft(sketch)
        flipped = CORRUPT["side_flip"](case, sketch, sound, writer)
        assert flipped is not None
        side = str(case.gold.facts[0].side)
        other = "left" if side == "right" else "right"
        words = " ".join(text for name in ("localization", "visual") for text in sound[name]).lower()
        broken = " ".join(text for name in ("localization", "visual") for text in flipped[name]).lower()
        assert side in words
        assert other not in words
        assert side in broken
        assert other in broken


def test_no_side_is_no_side_flip() -> None:
    case = is_there("Is the heart enlarged?", "cardiomegaly", True, "chest", Random(0))
    assert "side_flip" not in {example.kind for each in many(case, 30) for example in each.unsound}


def test_a_turned_finding_is_described_as_absent() -> None:
    case = effusion()
    sketch = Sketch(case.gold)
    entity = entities()["pleural_effusion"]
    for seed in range(30):
        writer = Writer("train", Style("lvkc"), Random(seed))
        draft = writer.draft(sketch)
        broken = CORRUPT["negation_flip"](case, sketch, draft, writer)
        assert broken is not None
        assert broken.answer == draft.answer
        changed = [name for name in STAGES if broken[name] != draft[name]]
        assert changed in (["visual"], ["conclusion"])
        if changed == ["visual"]:
            text = broken["visual"][0].lower()
            absences = [p.split("{side}")[-1].lower() for p in (*entity.absent, *entity.clear)]
            # described, or named and denied
            denied = re.search(r"\b(?:no|not|absent|free of|negative for|neither)\b", text)
            assert denied or any(text.endswith(absence) for absence in absences), text


def test_a_leap_says_nothing_of_its_finding_before_the_conclusion() -> None:
    entity = entities()["pleural_effusion"]
    phrases = (*entity.present, *entity.clear, *entity.absent)
    for example, each in of("unsupported_leap", many(effusion(), 100)):
        if each.sound[0].ask.stages[0][0] == "think":
            continue
        seen = stage(example, "visual")
        for phrase in phrases:
            for side in ("left", "right"):
                assert phrase.replace("{side}", side)[1:] not in seen


def test_strangers_bear_on_no_claim() -> None:
    case = effusion()
    for seed in range(50):
        sketch = sketch_of(case, Random(seed))
        other = stranger(case, sketch, Random(seed), strict=True)
        assert other is not None
        assert other.entity not in related("pleural_effusion")


def test_asides_of_a_healthy_part_show_nothing_in_it() -> None:
    case = is_wrong("Is the lung healthy?", "lung", tagged("lung"), False, "chest", Random(0), words=("No", "Yes"))
    for seed in range(80):
        for fact in observations(case, Random(seed)):
            assert not (fact.present and fact.entity in tagged("lung"))


def test_options_are_listed_and_answers_carry_their_letter() -> None:
    case = which("What is it?", "liver", ["spleen", "bladder"], "abdomen", Random(0))
    shown = with_options(case, "letters", Random(1))
    lines = shown.question.split("\n")
    assert lines[0] == "What is it?"
    assert {line[3:] for line in lines[1:]} == {"liver", "spleen", "bladder"}
    letter = next(line[0] for line in lines[1:] if line.endswith("liver"))
    assert shown.gold.answer == f"{letter}. liver"


def test_places_name_side_and_area() -> None:
    assert {name for _, name in placed("pleural_effusion")} == {"left", "right"}
    assert "left lower lobe" in {name for _, name in placed("pneumonia")}


def test_conclusions_of_places_name_the_place() -> None:
    places = placed("pneumothorax")
    case = where("Where?", places[0][0], places[0][1], places[1:], "chest")
    for each in many(case, 40):
        for example in each.sound:
            text = stage(example, "conclusion") or stage(example, "think")
            assert "left" in text


def test_turning_draws_every_answer() -> None:
    answers = {turned(effusion(), Random(seed)).gold.answer for seed in range(20)}
    assert answers == {"Yes", "No"}


def test_wrong_options_are_not_kin() -> None:
    chosen = strangers("pneumonia", tagged("lung"), 3, Random(0))
    assert len(chosen) == 3
    assert not set(chosen) & related("pneumonia")


@pytest.mark.parametrize("split", ["train", "test"])
def test_held_out_phrases_stand_only_in_the_test_split(split: str) -> None:
    entity = entities()["pleural_effusion"]
    held = {entity.absent[3]}
    case = effusion(False)
    seen = [
        stage(example, "visual") + stage(example, "think")
        for each in many(case, 400)
        if each.split == split
        for example in each.sound
    ]
    found = any(phrase[1:] in text for phrase in held for text in seen)
    assert found == (split == "test")


def test_a_localization_on_the_wrong_side_names_that_side_even_of_a_whole_part() -> None:
    case = is_wrong("Any disease of the pleura?", "pleura", ["pneumothorax"], True, "chest", Random(0))
    sketch = Sketch(case.gold)
    for seed in range(60):
        writer = Writer("train", Style("lvkc"), Random(seed))
        draft = writer.draft(sketch)
        broken = CORRUPT["side_flip"](case, sketch, draft, writer)
        assert broken is not None
        if broken["localization"] != draft["localization"]:
            assert str(case.gold.facts[0].mirrored().side) in broken["localization"][0].lower()


def test_no_conclusion_drops_what_it_asserts() -> None:
    case = which("Which disease?", "pneumothorax", ["pneumonia", "cardiomegaly"], "chest", Random(0))
    names = {name: key for key in ("pneumothorax", "pneumonia", "cardiomegaly") for name in entities()[key].names}
    for each in many(case, 80):
        for example in (*each.sound, *each.unsound):
            text = stage(example, "conclusion").split(". ")
            if example.kind in ("repeated_stage", "stage_swap") or len(text) < 2:
                continue
            first = {key for name, key in names.items() if name.lower() in text[0].lower()}
            second = {key for name, key in names.items() if name.lower() in text[1].lower()}
            assert not first & second, text
