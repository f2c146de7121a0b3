from __future__ import annotations

from typing import Any

import pytest

from medreward.contract import Region
from medreward_trainer.data.regions import RegionsError, read_regions, scaled, within

LUNG = Region("bilateral lung", [64, 42, 257, 262])


@pytest.mark.parametrize(
    "value",
    [
        "<ref>bilateral lung</ref><box>[64, 42, 257, 262]</box>",
        "bilateral lung [64, 42, 257, 262]",
        "bilateral lung: ([64, 42, 257, 262])",
        {"bilateral lung": [64, 42, 257, 262]},
        {"ref": "bilateral lung", "box": [64, 42, 257, 262]},
        [{"label": "bilateral lung", "bbox": [64, 42, 257, 262]}],
        ["bilateral lung [64, 42, 257, 262]"],
    ],
)
def test_a_place_is_read_in_the_ways_that_data_sets_write_it(value: Any) -> None:
    assert read_regions(value) == [LUNG]


def test_several_places_keep_their_order_and_labels() -> None:
    text = "<ref>a</ref><box>[1, 2, 3, 4]</box><box>[5, 6, 7, 8]</box><ref>b</ref><box>[0, 0, 9, 9]</box>"
    assert [(region.label, region.box[0]) for region in read_regions(text)] == [("a", 1), ("a", 5), ("b", 0)]
    plain = "left lung [1, 2, 3, 4] and right lung [5, 6, 7, 8]"
    assert [region.label for region in read_regions(plain)] == ["left lung", "right lung"]


@pytest.mark.parametrize(
    "value", ["the left lung", "lung [1, 2, 3]", "<box>[1, 2, 3]</box>", {"lung": []}, 7, "a [1, 2, 3, 4] and b"]
)
def test_a_place_without_a_box_is_no_place(value: Any) -> None:
    with pytest.raises(RegionsError):
        read_regions(value)


def test_what_is_nested_too_deep_or_too_large_is_no_place() -> None:
    nested: list[Any] = [1]
    for _ in range(5000):
        nested = [nested]
    for value in (nested, [10**400, 1, 2, 3]):
        with pytest.raises(RegionsError, match="too"):
            read_regions(value)


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_no_location_is_no_region(value: Any) -> None:
    assert read_regions(value) == []


def test_a_corner_rounded_outward_comes_back_to_the_edge() -> None:
    assert within([Region("", [-0.5, 0, 10.4, 5])], 10, 10) == [Region("", [0.0, 0, 10, 5])]


@pytest.mark.parametrize(
    "box",
    [[0, 0, 12, 5], [-2, 0, 5, 5], [5, 5, 5, 9], [9, 0, 3, 5], [0, 0, 1], [0, 0, float("nan"), 1], [10.2, 0, 11, 5]],
)
def test_a_box_outside_or_without_area_is_refused(box: list[float]) -> None:
    with pytest.raises(RegionsError):
        within([Region("", box)], 10, 10)


def test_boxes_are_scaled_by_axis() -> None:
    assert scaled([Region("a", [1, 2, 3, 4])], 2.0, 0.5) == [Region("a", [2, 1, 6, 2])]
