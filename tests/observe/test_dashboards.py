"""The dashboards' JSON is current, valid, and says what it shows."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from medreward.observability.dashboards.files import outputs
from tests.observe.expressions import DASHBOARDS, FILES, board, panels

_DATA = os.environ.get("MEDREWARD_DATA")
SCHEMA = Path(_DATA).parent / "grafana-dashboard.schema.json" if _DATA else None

each = pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)


def test_the_charts_dashboards_are_current() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in (FILES / "dashboards").iterdir()}
    assert there == outputs(), "run python -m medreward.observability.dashboards --out helm/medreward/files/dashboards"


def test_the_dashboards_are_made_alike_every_time() -> None:
    assert outputs() == outputs()


def errors(dashboard: dict[str, Any]) -> list[str]:
    assert SCHEMA is not None
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(dashboard)]


needs_schema = pytest.mark.skipif(
    SCHEMA is None or not SCHEMA.is_file(), reason="grafana-dashboard.schema.json is not beside MEDREWARD_DATA"
)


@needs_schema
@each
def test_a_dashboard_is_valid_by_grafanas_schema(path: Path) -> None:
    assert errors(board(path)) == []


@needs_schema
def test_the_schema_refuses_a_panel_of_no_width() -> None:
    wrong = board(DASHBOARDS[0])
    panels(wrong)[0]["gridPos"]["w"] = "wide"
    assert errors(wrong) != []


@each
def test_every_panel_says_what_it_shows_and_in_which_unit(path: Path) -> None:
    for panel in panels(board(path)):
        assert panel["description"], panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]
        if panel["type"] in ("timeseries", "stat"):
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        if panel["type"] == "timeseries":
            assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]


@each
def test_panels_stand_side_by_side_within_the_grid(path: Path) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board(path)["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells


@each
def test_legends_name_labels_that_the_expression_keeps(path: Path) -> None:
    for panel in panels(board(path)):
        for target in panel["targets"]:
            named = {part.partition("}}")[0] for part in target.get("legendFormat", "").split("{{")[1:]}
            # le is of a heat map's buckets
            for label in named - {"le"}:
                assert any(label in part.partition(")")[0] for part in target["expr"].split(" by (")[1:]), panel[
                    "title"
                ]


def test_dashboards_and_panels_have_names_of_their_own() -> None:
    boards = [board(path) for path in DASHBOARDS]
    assert len({one["uid"] for one in boards}) == len(boards) == 3
    for one in boards:
        titles = [panel["title"] for panel in panels(one)]
        assert len(set(titles)) == len(titles), one["title"]
