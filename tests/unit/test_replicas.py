"""What makes no sense of replicas is refused with the name of the field."""

from __future__ import annotations

from typing import Any

import pytest

from medreward.config import ConfigError, load_settings

SECTIONS: list[tuple[str, ...]] = [("ingress",), ("judge", "vllm"), ("scorer",)]


def settings(section: tuple[str, ...], **values: Any) -> Any:
    nested: dict[str, Any] = values
    for name in reversed(section):
        nested = {name: nested}
    found: Any = load_settings(**nested)
    for name in section:
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_without_autoscaling_there_are_never_more_replicas_than_said(section: tuple[str, ...]) -> None:
    wanted = settings(section, replicas=3)
    assert (wanted.autoscaling, wanted.most_replicas) == (None, 3)


@pytest.mark.parametrize("section", SECTIONS)
def test_with_autoscaling_replicas_is_the_least(section: tuple[str, ...]) -> None:
    wanted = settings(section, replicas=2, autoscaling={"max_replicas": 5, "target_ongoing_requests": 4})
    assert (wanted.replicas, wanted.most_replicas) == (2, 5)
    assert (wanted.autoscaling.upscale_delay_s, wanted.autoscaling.downscale_delay_s) == (30.0, 600.0)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"replicas": 3, "autoscaling": {"max_replicas": 2, "target_ongoing_requests": 1}}, "autoscaling.max_replicas"),
        ({"autoscaling": {"target_ongoing_requests": 1}}, "autoscaling.max_replicas"),
        ({"autoscaling": {"max_replicas": 2}}, "autoscaling.target_ongoing_requests"),
        ({"autoscaling": {"max_replicas": 2, "target_ongoing_requests": 0}}, "autoscaling.target_ongoing_requests"),
        ({"autoscaling": {"max_replicas": 2, "target_ongoing_requests": 1, "min_replicas": 1}}, "min_replicas"),
        ({"autoscaling": {"max_replicas": 2, "target_ongoing_requests": 1, "upscale_delay_s": -1}}, "upscale_delay_s"),
        ({"resources": {"medreward": 0}}, "resources: Value error, medreward"),
        ({"resources": {"medreward": float("nan")}}, "resources: Value error, medreward"),
        ({"resources": {"CPU": 1}}, "'CPU' is no custom resource"),
        ({"resources": {"": 1}}, "resources"),
        ({"resources": {"medreward": "much"}}, "resources.medreward"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(section: tuple[str, ...], values: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(section, **values)
    assert says in str(caught.value)
    assert str(caught.value).startswith(".".join(section))


def test_the_judges_own_process_takes_resources_too() -> None:
    assert load_settings(judge={"resources": {"medreward_ingress": 0.001}}).judge.resources == {
        "medreward_ingress": 0.001
    }


@pytest.mark.parametrize("drain_s", [0, -1, 3601])
def test_a_drain_without_time_or_without_end_is_refused(drain_s: float) -> None:
    with pytest.raises(ConfigError, match="drain_s"):
        load_settings(drain_s=drain_s)
