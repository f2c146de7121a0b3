"""Quantities as Kubernetes writes them: 500m, 16Gi."""

from __future__ import annotations

import re
from decimal import Decimal

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|[eE][+-]?\d+)?")
_UNITS = {"": Decimal(1), "m": Decimal("0.001")}
_UNITS |= {unit: Decimal(1000) ** power for power, unit in enumerate("kMGTP", 1)}
_UNITS |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTP", 1)}


def amount(text: str | int | float) -> Decimal:
    """The number that is meant.

    Raises:
        ValueError: it is no quantity.
    """
    found = _FORM.fullmatch(str(text))
    if found is None:
        raise ValueError(f"{text!r} is no quantity")
    number, unit = found.group(1), found.group(2) or ""
    return Decimal(number + unit) if unit[:1] in ("e", "E") and unit[1:] else Decimal(number) * _UNITS[unit]
