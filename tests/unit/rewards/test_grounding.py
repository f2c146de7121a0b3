from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward.contract import types as t
from medreward.parsing import Box
from medreward.rewards.grounding import GroundingParams, _overlaps, assign, grounding, iou
from medreward.rewards.types import Outcome
from tests.unit.rewards.build import gemex, regions, sample

BOX = [100.0, 100.0, 200.0, 200.0]
FAR = [300.0, 300.0, 400.0, 400.0]


def ground(predicted: list[list[float]], wanted: list[list[float]], mode: Any = "threshold", **changes: Any) -> Outcome:
    response = changes.pop("response", gemex("B", *predicted))
    made = sample(response, reference=t.Reference("B", regions(*wanted)), **changes)
    return grounding(made, GroundingParams(mode=mode))


@pytest.mark.parametrize(
    ("predicted", "wanted", "threshold", "continuous"),
    [
        ([BOX], [BOX], 1.0, 1.0),
        ([FAR], [BOX], 0.0, 0.0),
        ([BOX, FAR], [FAR, BOX], 1.0, 1.0),  # the order does not matter
        ([BOX, BOX], [BOX], 0.0, 0.5),  # a box too many costs
        ([BOX], [BOX, FAR], 0.0, 0.5),  # and one too few
        ([], [], 1.0, 1.0),
        ([], [BOX], 0.0, 0.0),
        ([BOX], [], 0.0, 0.0),
        ([[100, 100, 200, 175]], [BOX], 0.0, 0.75),  # strictly above 0.75
        ([[100, 100, 200, 176]], [BOX], 1.0, 0.76),
        ([[200, 100, 300, 200]], [BOX], 0.0, 0.0),  # touching is not overlapping
    ],
)
def test_both_modes(
    predicted: list[list[float]], wanted: list[list[float]], threshold: float, continuous: float
) -> None:
    assert ground(predicted, wanted).value == threshold
    assert ground(predicted, wanted, "continuous").value == pytest.approx(continuous, abs=1e-12)


def test_detail_says_counts_and_miou() -> None:
    assert ground([BOX], [BOX]).detail == "1 of 1 boxes, mIoU 1.000"


def test_a_box_written_wrongly_counts_as_predicted_and_meets_nothing() -> None:
    boxes = "<box>[100,100,200,200]</box><box>[5,5,NaN,9]</box>"
    response = f"<think>x</think><response><answer>B</answer><location>{boxes}</location></response>"
    outcome = ground([], [BOX], response=response)
    assert outcome.value == 0.0
    assert outcome.detail == "2 of 1 boxes, mIoU 0.500, 1 written wrongly"
    assert ground([], [BOX, FAR], "continuous", response=response).value == 0.5


def test_grid_boxes_are_brought_into_pixels() -> None:
    response = '<LOC>{"box_2d": [500, 250, 1000, 500], "label": "base"}</LOC>'  # y first
    wanted = [[84.0, 168.0, 168.0, 336.0]]
    image = t.Image(336, 336)
    assert ground([], wanted, response=response, box_space="grid1000", image=image).value == 1.0
    assert ground([], wanted, response=response, image=image).value == 1.0  # box_2d says so itself


def test_grid_boxes_on_an_image_that_is_not_square() -> None:
    outcome = ground(
        [[500, 500, 1000, 1000]], [[320.0, 50.0, 640.0, 100.0]], box_space="grid1000", image=t.Image(640, 100)
    )
    assert outcome.value == 1.0


def test_a_box_beyond_the_grid_is_none_on_the_grid_and_one_in_pixels() -> None:
    response = '<LOC>{"box_2d": [100, 1100, 300, 1200], "label": "base"}</LOC>'
    wanted = [[1100.0, 100.0, 1200.0, 300.0]]
    big = t.Image(2000, 2000)
    assert ground([], wanted, response=response, box_space="pixel", image=big).value == 1.0
    assert ground([], wanted, response=response, box_space="grid1000", image=big).detail.endswith("1 written wrongly")


def test_pixel_syntax_stays_pixel_whatever_the_rollout_says() -> None:
    response = '<LOC>{"bbox_xyxy_pixel": [[100, 100, 200, 200]], "label": "x"}</LOC>'
    assert ground([], [BOX], response=response, box_space="grid1000", image=t.Image(336, 336)).value == 1.0


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"reference": None}, "reference: required"),
        (
            {"reference": t.Reference("B", [t.Region("x", [1.0, 2.0, 3.0])])},
            "reference.regions[0].box: needs four numbers, has 3",
        ),
        ({"reference": t.Reference("B", regions(BOX, [5.0, 5.0, 4.0, 9.0]))}, "reference.regions[1].box: must be x1"),
        ({"reference": t.Reference("B", regions([-1.0, 0.0, 4.0, 9.0]))}, "reference.regions[0].box: negative corner"),
        (
            {"reference": t.Reference("B", regions([0.0, 0.0, float("nan"), 9.0]))},
            "reference.regions[0].box: must be finite",
        ),
        ({"reference": t.Reference("B", regions(BOX)), "box_space": "grid1000"}, "image: required"),
    ],
)
def test_what_cannot_be_compared_has_no_value(changes: dict[str, Any], detail: str) -> None:
    outcome = grounding(sample(gemex("B", BOX), **changes), GroundingParams())
    assert (outcome.status, outcome.value) == ("invalid_input", None)
    assert outcome.detail.startswith(detail)


def test_explanation_pairs_the_boxes() -> None:
    outcome = ground([FAR, BOX], [BOX], explain=True)
    assert outcome.explanation is not None
    assert outcome.explanation["pairs"] == [{"predicted": 1, "reference": 0, "iou": 1.0}]
    assert outcome.explanation["miou"] == 0.5


@pytest.mark.parametrize("huge", [1e-200, 1e200, 1e308])
def test_areas_that_overflow_or_vanish_overlap_with_nothing(huge: float) -> None:
    assert iou((0.0, 0.0, huge, huge), (0.0, 0.0, huge, huge)) == 0.0


corner = st.integers(0, 30)
box = st.tuples(corner, corner, st.integers(1, 20), st.integers(1, 20)).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)


@given(st.lists(st.none() | box, min_size=9, max_size=12), st.lists(box, min_size=9, max_size=12))
def test_many_boxes_overlap_as_few_do(predicted: list[Box | None], wanted: list[Box]) -> None:
    table = _overlaps(predicted, wanted)
    assert table == [[pytest.approx(iou(p, r) if p else 0.0, abs=1e-12) for r in wanted] for p in predicted]


@given(st.lists(box, max_size=4), st.lists(box, max_size=4))
def test_assignment_is_the_best_of_all(predicted: list[Box], wanted: list[Box]) -> None:
    pairs = assign(predicted, wanted)
    assert len({p.predicted for p in pairs}) == len({p.reference for p in pairs}) == len(pairs)
    few, many = sorted((predicted, wanted), key=len)
    best = max(
        sum(iou(a, b) for a, b in zip(few, chosen, strict=True)) for chosen in itertools.permutations(many, len(few))
    )
    assert sum(p.iou for p in pairs) == pytest.approx(best)
