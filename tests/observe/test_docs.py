"""The page for whoever is on call has a line for each alert, and names panels that exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.observe.expressions import DASHBOARDS, alert_groups, board, panels

PAGE = (Path(__file__).parents[2] / "docs" / "observability.md").read_text(encoding="utf-8")


def test_every_alert_has_a_line_with_what_to_do_in_the_order_of_the_rules() -> None:
    lines = re.findall(r"^\| (Medreward\w+) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [name for name, _, _ in lines] == [rule["alert"] for group in alert_groups() for rule in group["rules"]]


def test_the_panels_it_points_to_exist() -> None:
    titles = {panel["title"] for path in DASHBOARDS for panel in board(path)["panels"]}
    titles |= {title.partition(",")[0] for title in titles}
    questions = PAGE[: PAGE.index("![Rewards]")]
    named = re.findall(r'"([A-Z][^"]+)"', questions)
    assert named
    assert [name for name in named if name not in titles] == []


def test_every_dashboard_is_pictured() -> None:
    assert set(re.findall(r"\((dashboard-\w+\.png)\)", PAGE)) == {f"dashboard-{path.stem}.png" for path in DASHBOARDS}
    assert len(DASHBOARDS) == len([path for path in DASHBOARDS if panels(board(path))])
