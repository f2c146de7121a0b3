"""All scenarios, in the order in which they run: those of one cluster follow each other."""

from __future__ import annotations

from tests.faults import cache, disk, engines, kills, memory, overload, upgrades
from tests.faults.stage import Scenario

ALL: tuple[Scenario, ...] = (
    *kills.SCENARIOS,
    *engines.SCENARIOS,
    *overload.SCENARIOS,
    *memory.SCENARIOS,
    *upgrades.SCENARIOS,
    *cache.SCENARIOS,
    *disk.SCENARIOS,
)
SHORT = ("ingress", "judge", "scorer", "proxy")
"""those that run in every test run, on one cluster"""
