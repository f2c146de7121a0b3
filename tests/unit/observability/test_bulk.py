"""The histogram that takes a batch at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from medreward.observability.bulk import BulkHistogram

BOUNDS = (0, 0.5, 1)


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 100.0])))
def test_a_batch_added_is_the_same_as_each_value_observed(values: list[float]) -> None:
    registries = CollectorRegistry(), CollectorRegistry()
    at_once = BulkHistogram("h", "help", registry=registries[0], buckets=BOUNDS)
    one_by_one = Histogram("h", "help", registry=registries[1], buckets=BOUNDS)
    at_once.add(values)
    for value in values:
        one_by_one.observe(value)
    pages = [
        [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]
        for registry in registries
    ]
    assert pages[0] == pages[1]


def test_a_child_with_labels_adds_too() -> None:
    registry = CollectorRegistry()
    histogram = BulkHistogram("h", "help", ["recipe"], registry=registry, buckets=BOUNDS)
    histogram.labels("gemex").add([1.0, 1.0, 0.0])
    assert registry.get_sample_value("h_sum", {"recipe": "gemex"}) == 2.0
    assert registry.get_sample_value("h_bucket", {"recipe": "gemex", "le": "0.0"}) == 1.0
    assert registry.get_sample_value("h_count", {"recipe": "gemex"}) == 3.0


def test_a_histogram_with_labels_and_without_their_values_cannot_be_added_to() -> None:
    histogram = BulkHistogram("h", "help", ["recipe"], registry=CollectorRegistry(), buckets=BOUNDS)
    with pytest.raises(AttributeError):
        histogram.add([1.0])
