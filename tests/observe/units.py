"""Numbers as Grafana shows them, in the units that our panels use."""

from __future__ import annotations

_PREFIXES = ((1e9, " G"), (1e6, " M"), (1e3, " K"))


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """A value in its unit.

    Raises:
        ValueError: a unit that no panel had when this was written.
    """
    if unit == "s":
        return _seconds(value)
    if unit == "ms":
        return _seconds(value / 1000)
    if unit == "percentunit":
        return _plain(value * 100, decimals) + " %"
    if unit == "percent":
        return _plain(value, decimals) + " %"
    if unit in ("bytes", "mbytes"):
        return f"{value / (2**20 if unit == 'bytes' else 1):,.0f} MiB".replace(",", " ")
    if unit == "short":
        return _plain(value, decimals)
    if unit.startswith("suffix:"):
        return _plain(value, decimals) + unit.removeprefix("suffix:")
    raise ValueError(f"a unit that is not known here: {unit}")


def _seconds(value: float) -> str:
    if abs(value) < 1e-3:
        return f"{value * 1e6:.3g} µs" if value else "0 s"
    if abs(value) < 1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.3g} s" if value < 120 else f"{value / 60:.3g} min"


def _plain(value: float, decimals: int | None) -> str:
    for size, name in _PREFIXES:
        if abs(value) >= size:
            return f"{value / size:.3g}{name}"
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
