"""Every expression of every panel and alert has data in a real cluster; ``make observe`` is the long form."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.observe import names
from tests.observe.expressions import metrics, of_panels
from tests.observe.pictures import Past, draw
from tests.observe.prometheus import BINARY
from tests.observe.watched import WINDOW, Found, Watched, missing, wait_for_data, watched

pytestmark = pytest.mark.skipif(BINARY is None, reason="prometheus is not installed")


@pytest.fixture(scope="module")
def watching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("observe"), 60.0) as running:
        yield running


@pytest.fixture(scope="module")
def found(watching: Watched) -> list[Found]:
    return wait_for_data(watching, 120)


def test_every_expression_has_data(found: list[Found]) -> None:
    assert found
    assert [f"{one.expression.name}: {one.expression.expr}" for one in missing(found)] == []


def test_what_is_excused_has_no_data(found: list[Found]) -> None:
    excused = [one for one in found if one.reason and one.series]
    # where there is a GPU, Ray tells of it
    assert [one.expression.name for one in excused if not metrics(one.expression.expr) & names.GPUS] == []


def test_the_load_reaches_what_it_is_meant_to(watching: Watched, found: list[Found]) -> None:
    assert watching.load.broken == []
    assert watching.load.outcomes.keys() >= {"http 200", "http 400", "http 401", "http 413", "http 422", "http 429"}
    assert watching.load.outcomes["grpc OK"]


def test_a_healthy_cluster_misses_no_replica(watching: Watched, found: list[Found]) -> None:
    (asked,) = [one.expr for one in of_panels(WINDOW) if one.name == "Replicas missing"]
    (series,) = watching.prometheus.over(asked, time.time() - 1, time.time(), 1)
    assert {value for _, value in series.points} == {0.0}


def test_a_metric_that_is_not_there_is_told(watching: Watched) -> None:
    assert watching.prometheus.over("medreward_nonsense", time.time() - 1, time.time(), 1) == []
    with pytest.raises(ValueError, match="parse error"):
        watching.prometheus.over("sum by", time.time() - 1, time.time(), 1)


def test_the_dashboards_can_be_drawn(watching: Watched, found: list[Found], tmp_path: Path) -> None:
    draw(Past(watching.prometheus, watching.since, time.time(), WINDOW), tmp_path)
    pictures = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(pictures) == {"dashboard-rewards.png", "dashboard-judge.png", "dashboard-cluster.png"}
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())
