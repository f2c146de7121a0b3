from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer import dataset
from medreward_trainer.scorer.dataset import SOURCES, DatasetError, Source, build, counts
from medreward_trainer.scorer.examples import Contrast, Example, Kind, split_of
from medreward_trainer.scorer.lengths import TOLERANCE, balanced, length_aucs

DATA = os.environ.get("MEDREWARD_DATA")


def example(text: str, kind: Kind = "plain") -> Example:
    return Example(ScorerAsk("?", (("think", text),), "x"), kind)


def contrast(source: str, group: str, sound: Sequence[str] = ("good",), unsound: Sequence[str] = ("bad",)) -> Contrast:
    return Contrast(
        source,
        group,
        tuple(example(f"{text} of {group}") for text in sound),
        tuple(example(f"{text} of {group}", "stage_swap") for text in unsound),
    )


def groups(source: str, split: str, count: int) -> list[str]:
    return [name for name in map(str, range(5_000)) if split_of(source, name) == split][:count]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Contrast]]:
    """What the sources give; those not named give nothing."""
    given: dict[str, list[Contrast]] = {}

    class Told(Source):
        def load(self, data: Path, seed: int, limit: int | None) -> list[Contrast]:
            return given.get(self.module, [])[:limit]

    told = {name: Told(name, source.trains, source.licence) for name, source in SOURCES.items()}
    monkeypatch.setattr(dataset, "SOURCES", told)
    return given


def test_groups_go_to_their_splits(given: dict[str, list[Contrast]]) -> None:
    given["slake"] = [contrast("slake", str(at)) for at in range(300)]
    made = build(Path(), {"slake": None}, 0)
    for split, contrasts in (("train", made.train), ("tune", made.tune), ("test", made.test)):
        assert contrasts
        assert {one.split for one in contrasts} == {split}


def test_openi_is_only_ever_tested_on(given: dict[str, list[Contrast]]) -> None:
    given["openi"] = [contrast("openi", str(at)) for at in range(300)]
    made = build(Path(), {"openi": None}, 0)
    assert (made.train, made.tune, len(made.test)) == ([], [], 300)


def test_only_openi_does_not_train() -> None:
    assert [name for name, source in SOURCES.items() if not source.trains] == ["openi"]


def test_reports_that_openi_evaluates_do_not_train_even_where_it_was_not_asked_for(
    given: dict[str, list[Contrast]],
) -> None:
    own, shared = groups("rad_restruct", "train", 2)
    given["rad_restruct"] = [contrast("rad_restruct", own), contrast("rad_restruct", shared)]
    given["openi"] = [contrast("openi", shared)]
    made = build(Path(), {"rad_restruct": None}, 0)
    assert [one.group for one in made.train] == [own]
    assert made.left_out["contrasts of reports that are evaluated"] == 1


def test_a_trajectory_stands_once_and_never_on_both_sides(given: dict[str, list[Contrast]]) -> None:
    (group,) = groups("slake", "train", 1)
    given["slake"] = [contrast("slake", group, ["one", "one", "both"], ["two", "two", "both"])]
    (made,) = build(Path(), {"slake": None}, 0).train
    assert [one.ask.stages[0][1] for one in (*made.sound, *made.unsound)] == [f"one of {group}", f"two of {group}"]


def test_what_is_held_out_word_for_word_does_not_train(given: dict[str, list[Contrast]]) -> None:
    (train,), (test,) = groups("slake", "train", 1), groups("slake", "test", 1)
    same = example("the same text", "side_flip")
    given["slake"] = [
        Contrast("slake", train, (example("good"),), (same, example("evil", "stage_swap"))),
        Contrast("slake", test, (example("fine"),), (same,)),
    ]
    made = build(Path(), {"slake": None}, 0)
    assert [one.kind for one in made.train[0].unsound] == ["stage_swap"]
    assert made.left_out["held out word for word"] == 1


def test_what_trains_is_written_anew_and_what_is_held_out_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    (train,), (test,) = groups("slake", "train", 1), groups("slake", "test", 1)

    def load(_: object, seed: int, __: object) -> list[Contrast]:
        return [contrast("slake", group, [f"sound {seed}"], [f"unsound {seed}"]) for group in (train, test)]

    written = SimpleNamespace(trains=True, load=load)
    monkeypatch.setattr(dataset, "SOURCES", {"slake": written})
    made = build(Path(), {"slake": None}, 5, writings=3)
    assert [one.sound[0].ask.stages[0][1] for one in made.train] == [f"sound {seed} of {train}" for seed in (5, 6, 7)]
    assert [one.group for one in made.test] == [test]


def test_one_sided_contrasts_evaluate_and_do_not_train(given: dict[str, list[Contrast]]) -> None:
    (train,), (test,) = groups("slake", "train", 1), groups("slake", "test", 1)
    given["slake"] = [contrast("slake", train, unsound=[]), contrast("slake", test, unsound=[])]
    made = build(Path(), {"slake": None}, 0)
    assert (made.train, len(made.test)) == ([], 1)


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(DatasetError, match="unknown sources: slack"):
        build(Path(), {"slack": None}, 0)


def test_a_group_in_two_splits_is_refused(given: dict[str, list[Contrast]], monkeypatch: pytest.MonkeyPatch) -> None:
    (group,) = groups("slake", "train", 1)
    given["slake"] = [contrast("slake", group)]
    given["openi"] = [contrast("slake", group, ["fine"], ["foul"])]
    with pytest.raises(DatasetError, match=f"slake: group {group} is in"):
        build(Path(), {"slake": None, "openi": None}, 0)


def test_length_says_nothing_of_twins_and_all_of_shorter_ones() -> None:
    twins = [contrast("slake", str(at), ["good"], ["bad"]) for at in range(4)]
    longer = [contrast("slake", str(at), ["good"], ["bad and long"]) for at in range(4)]
    assert length_aucs(twins)["stage_swap"].auc == 0.5
    assert length_aucs(longer)["stage_swap"].auc == 1.0


def test_a_kind_told_by_length_loses_those_that_it_tells_best() -> None:
    long = [contrast("slake", f"long{at}", ["good"], ["bad and long"]) for at in range(30)]
    same = [contrast("slake", f"same{at}", ["good"], ["bad"]) for at in range(10)]
    kept, lost = balanced([*long, *same], 0)
    assert abs(length_aucs(kept)["stage_swap"].auc - 0.5) <= TOLERANCE
    assert [one for one in same if one not in kept] == []
    assert lost == {"stage_swap": 40 - len(kept)}


def test_counts_say_how_much_there_is_and_how_long(given: dict[str, list[Contrast]]) -> None:
    (group,) = groups("slake", "train", 1)
    given["slake"] = [contrast("slake", group, ["good", "fine"])]
    plain, swapped = counts(build(Path(), {"slake": None}, 0))
    assert (plain.kind, plain.split, plain.trajectories, plain.words) == ("plain", "train", 2, 4.0)
    assert (swapped.kind, swapped.trajectories) == ("stage_swap", 1)


@pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA does not name the folder of real data")
def test_real_sources_build_a_set_that_length_does_not_tell() -> None:
    made = build(Path(DATA or ""), {"medrbench": 400, "chestx_text": None, "openi": None}, 0)
    assert {one.source for one in made.train} == {"medrbench", "chestx"}
    assert all(one.sound and one.unsound for one in made.train)
    assert "openi" in {one.source for one in made.test}
    for kind, length in made.length_after.items():
        assert abs(length.auc - 0.5) <= TOLERANCE, kind
