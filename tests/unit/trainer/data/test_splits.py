from __future__ import annotations

from collections.abc import Sequence

import pytest

from medreward_trainer.data.splits import Shares, SplitBy, Survey
from medreward_trainer.data.types import DataError, Split

Row = tuple[str, Sequence[str], Split | None]


def surveyed(rows: Sequence[Row], seed: int = 0) -> Survey:
    survey = Survey()
    for identity, labels, own in rows:
        survey.add(identity, labels, own, seed)
    return survey


def planned(
    rows: Sequence[Row], by: SplitBy = "auto", limit: int | None = None, seed: int = 0
) -> tuple[Sequence[Split | None], str]:
    plan = surveyed(rows, seed).plan(by, Shares(), seed, limit)
    return plan.splits, plan.how


OWN: list[Row] = [("1", ["a"], "train"), ("2", ["b"], "val"), ("3", ["c"], "test"), ("4", ["a"], "train")]


def test_the_datas_own_splits_are_kept_when_they_share_no_image() -> None:
    assert planned(OWN)[0] == ["train", "val", "test", "train"]
    assert planned(OWN, by="official")[0] == ["train", "val", "test", "train"]


def test_own_splits_that_share_an_image_are_not_kept() -> None:
    plan = surveyed([*OWN, ("5", ["a"], "test")]).plan("auto", Shares(), 0, None)
    assert plan.how == "by the hash of the image"
    assert any("1 images or reports are in two" in note for note in plan.notes)


def test_own_splits_that_share_an_image_are_refused_when_asked_for() -> None:
    with pytest.raises(DataError, match="1 images"):
        planned([*OWN, ("5", ["a"], "test")], by="official")
    with pytest.raises(DataError, match="no splits of its own"):
        planned([("1", ["a"], None)], by="official")


def test_what_shares_an_image_or_a_report_is_in_one_split() -> None:
    rows: list[Row] = [(str(n), [f"image{n % 40}", f"report {n % 20}"], None) for n in range(400)]
    splits, _ = planned(rows)
    of: dict[str, set[Split | None]] = {}
    for (_, labels, _), split in zip(rows, splits, strict=True):
        of.setdefault(labels[1], set()).add(split)
    assert all(len(found) == 1 for found in of.values())
    assert set(splits) == {"train", "val", "test"}


def test_a_chain_of_shared_images_is_one_unit() -> None:
    splits, _ = planned([("1", ["a", "b"], "train"), ("2", ["c"], "val"), ("3", ["b", "c"], "val")], by="image")
    assert len(set(splits)) == 1


def test_splits_do_not_depend_on_the_order_of_reading() -> None:
    rows: list[Row] = [(str(n), [f"image{n}"], None) for n in range(50)]
    forward, backward = planned(rows)[0], planned(rows[::-1])[0]
    assert list(forward) == list(backward)[::-1]
    assert planned(rows, seed=1)[0] != forward


def test_few_images_still_leave_something_to_train_on() -> None:
    assert planned([("1", ["a"], None)])[0] == ["train"]
    assert sorted(map(str, planned([("1", ["a"], None), ("2", ["b"], None)])[0])) == ["test", "train"]


def test_a_limit_draws_by_the_seed_and_moves_no_image_between_splits() -> None:
    rows: list[Row] = [(str(n), [f"image{n}"], None) for n in range(100)]
    whole, drawn = planned(rows)[0], planned(rows, limit=5)[0]
    assert [drawn.count(split) for split in ("train", "val", "test")] == [5, 5, 5]
    assert all(now in (None, before) for now, before in zip(drawn, whole, strict=True))
    assert planned(rows, limit=5)[0] == drawn


def test_a_sample_that_cannot_be_written_counts_for_no_split() -> None:
    survey = surveyed(OWN)
    survey.skip()
    assert survey.plan("auto", Shares(), 0, None).splits[-1] is None


def test_own_splits_that_not_every_row_has_are_told_of() -> None:
    notes = surveyed([*OWN, ("5", ["e"], None)]).plan("auto", Shares(), 0, None).notes
    assert notes == ("the data's own splits were not kept: not every row has one",)


def test_repeated_ids_are_told_of() -> None:
    survey = surveyed([*OWN, ("1", ["a"], "train")])
    survey.skip()
    survey.skip()
    assert survey.plan("auto", Shares(), 0, None).notes == ("rows with the id of a row before them: 1",)
