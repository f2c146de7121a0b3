"""Reading a page of metrics in tests."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


def samples(page: str | bytes) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and labels; AssertionError when one stands twice, or a family does."""
    text = page.decode() if isinstance(page, bytes) else page
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    families: set[str] = set()
    for family in text_string_to_metric_families(text):
        assert family.name not in families, family.name
        families.add(family.name)
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, key
            found[key] = sample.value
    return found


def value(page: str | bytes, name: str, **labels: str) -> float | None:
    """The sample of that name with exactly these labels; None where there is none."""
    return samples(page).get((name, frozenset(labels.items())))


def total(page: str | bytes, name: str, **labels: str) -> float:
    """The sum of the samples of that name which have at least these labels."""
    wanted = set(labels.items())
    return sum(number for (found, has), number in samples(page).items() if found == name and wanted <= has)
