"""Which trajectories are looked at together, and which targets that makes."""

from __future__ import annotations

from medreward_trainer.scorer.evaluation.slices import slices
from medreward_trainer.scorer.evaluation.table import Table, by_source
from medreward_trainer.scorer.evaluation.targets import targets
from medreward_trainer.scorer.evaluation.types import (
    Correlation,
    Counts,
    Estimate,
    Measured,
    Reliability,
    Slice,
)
from medreward_trainer.scorer.examples import CORRUPTIONS

from .made import contrast, example, judged, told_apart


def test_what_we_wrote_what_we_corrupted_and_what_was_judged_are_apart() -> None:
    text = contrast(
        "c", [example("judged_right", writer="m1")], [example("negation_flip", writer="m1")], source="medrbench"
    )
    found = slices(Table.of([*told_apart(2), *told_apart(1, "rad_restruct"), text, *judged(4)]))
    assert {name: int(rows.sum()) for name, (_, rows) in found.items()} == {
        "grammar": 12,
        "grammar/rad_restruct": 4,
        "grammar/slake": 8,
        "text/medrbench": 2,
        "judged/openi": 8,
    }


def test_counts_are_of_contrasts_and_groups() -> None:
    same_image = [contrast("i", [example("plain")], [example("side_flip")])] * 2
    found = by_source(same_image)["slake"]
    assert (found.contrasts, found.groups, found.sound, found.unsound) == (2, 1, 2, 2)
    assert found.kinds == {"plain": 2, "side_flip": 2}


def test_words_are_counted_as_the_encoder_reads_them() -> None:
    boxed = example("plain", '[{"box_2d": [1, 2, 3, 4], "label": "left lung"}]', answer="yes")
    assert Table.of([contrast("a", [boxed], [])]).words.tolist() == [3]


def measured(value: float, low: float, high: float) -> Slice:
    one = Estimate(value=value, low=low, high=high, interval="bootstrap")
    method = Measured(
        pairwise={"all": one, "side_flip": one},
        pairwise_twins={},
        pairwise_by_form={},
        auc={"all": one},
        auc_within_writer={"m1": one},
    )
    none = Estimate(value=None, absent="-")
    return Slice(
        what="",
        counts=Counts(contrasts=1, groups=1, sound=1, unsound=1, kinds={}),
        methods={"scorer": method},
        reliability=Reliability(share_sound=0.5, brier=none, expected_calibration_error=none, bins=[]),
        length_correlation=Correlation(value=None, count=0, absent="-"),
    )


def test_a_target_is_met_by_its_value_and_sure_by_its_interval() -> None:
    cases = {(0.95, 0.91, 0.98): ("met", True), (0.92, 0.88, 0.95): ("met", False)}
    cases |= {(0.88, 0.80, 0.93): ("missed", False), (0.70, 0.60, 0.80): ("missed", True)}
    for numbers, expected in cases.items():
        flip = next(one for one in targets({"grammar": measured(*numbers)}) if one.of == "side_flip")
        assert (flip.verdict, flip.sure) == expected


def test_every_corruption_is_a_target_and_one_without_data_is_not_met() -> None:
    found = targets({"grammar": measured(0.95, 0.91, 0.98)})
    assert [one.of for one in found] == list(CORRUPTIONS)
    assert {one.verdict for one in found if one.of != "side_flip"} == {"absent"}


def test_within_a_writer_the_target_is_lower() -> None:
    found = targets({"judged/openi": measured(0.72, 0.65, 0.78)})
    assert [(one.of, one.at_least, one.verdict, one.sure) for one in found if one.slice != "grammar"] == [
        ("m1", 0.70, "met", False)
    ]
