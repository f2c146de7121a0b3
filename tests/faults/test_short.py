"""The short form of ``make faults``: on a real cluster nothing is lost and nothing invented, whichever process dies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from medreward.serve.environment import haproxy_problem
from tests.faults.run import run
from tests.faults.scenarios import ALL, SHORT


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    """One run of all of them, on one cluster."""
    pytest.importorskip("torch", reason="medreward[scorer] is not installed")
    told: Iterator[dict[str, Any]] = run([one for one in ALL if one.name in SHORT], short=True)
    return {row["name"]: row for row in told}


@pytest.mark.parametrize("name", SHORT)
def test_nothing_is_lost_or_invented_and_everything_scores_again(rows: dict[str, dict[str, Any]], name: str) -> None:
    row = rows[name]
    if "skipped" in row:
        # the one thing that such a machine may lack
        assert (name, haproxy_problem()) != ("proxy", None), row
        pytest.skip(row["skipped"])
    assert row["passed"], row["wrong"]
    assert (row["lost"], row["invented"]) == (0, 0)
    assert row["recovery_s"] is not None
    # whoever asked got all that can be scored, for every fault here is over before the deadline is
    assert row["scored"] + row["senseless"] == row["sent"], row
