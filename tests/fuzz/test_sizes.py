"""Many of something: tags, boxes, choices, references; sizes of images that are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from medreward.contract import types as t
from tests.fuzz.families import FAMILIES
from tests.fuzz.scoring import RECIPES, Bench, body, rollout

SECONDS = 5.0
"""of CPU time for one rollout; each of these takes a fraction of one, what grew with its square took minutes"""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


def scored(bench: Bench, recipe: str, one: t.Rollout) -> dict[str, Any]:
    found = bench.score(body(recipe, one))
    assert found.cpu_s < SECONDS
    result: dict[str, Any] = found.reply["results"][0]
    return result


@pytest.mark.parametrize("recipe", RECIPES)
def test_tags_without_end_are_a_fair_nothing(bench: Bench, recipe: str) -> None:
    result = scored(bench, recipe, rollout("single_choice", "<con>" * 750_000))
    rules = [part["value"] for name, part in result["components"].items() if name not in ("consistency", "self_check")]
    assert set(rules) == {0.0}


def test_as_many_boxes_as_are_read_are_assigned_in_time(bench: Bench) -> None:
    # each meets each, so that no greedy choice is the best
    boxes = "".join(f"<box>[{n},{n},{n + 600},{n + 600}]</box>" for n in range(2000))
    regions = [t.Region("x", [n + 0.5, n + 0.5, n + 600.5, n + 600.5]) for n in range(256)]
    response = f"<response><answer>B</answer><location>{boxes}</location></response>"
    result = scored(bench, "gemex", rollout("single_choice", response, reference=t.Reference("B", regions)))
    assert result["components"]["grounding"]["value"] == 0.0
    assert "512 of 256 boxes" in result["components"]["grounding"]["detail"]


@pytest.mark.parametrize(
    "family", ["letters", "NUL", "right to left", "combining marks of two classes", "Hangul fillers"]
)
@pytest.mark.parametrize("field", ["choices", "reference", "question", "context", "label"])
def test_a_flood_in_any_other_field_costs_no_more(bench: Bench, family: str, field: str) -> None:
    flood = FAMILIES[family](262_144)
    several: dict[str, dict[str, Any]] = {
        "choices": {"choices": dict.fromkeys("ABCDEFGHIJKLMNOP", flood)},
        "reference": {"reference": t.Reference(flood)},
        "label": {"reference": t.Reference("B", [t.Region(flood, [0.0, 0.0, 1.0, 1.0])])},
    }
    fields = several.get(field, {field: flood})
    result = scored(bench, "gemex", rollout("single_choice", "<answer>B</answer>", **fields))
    if field in ("choices", "reference"):
        assert "reward" not in result
        assert result["components"]["semantics"]["status"] == "invalid_input"


@pytest.mark.parametrize("size", [0, -1, 2**31, 2**63 - 1, 2**63, 2**64])
def test_an_image_of_no_size_is_no_number(bench: Bench, size: int) -> None:
    one = rollout("single_choice", '<answer>B</answer>{"box_2d": [1,2,3,4]}', image=t.Image(size, size))
    for component in scored(bench, "gemex", one)["components"].values():
        assert component["status"] in ("ok", "invalid_input")
        assert 0.0 <= component.get("value", 0.0) <= 1.0
