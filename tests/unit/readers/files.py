"""Small files in the shape of a data set, and reading them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medreward.contract.codec import Limits
from medreward.contract.types import Rollout
from medreward.readers import READERS, Options, Respond, Skipped, Source


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def read(
    name: str, path: Path, respond: Respond = "reference", limits: Limits | None = None
) -> list[Rollout | Skipped]:
    return list(READERS[name].read(Source(path), Options(respond, limits or Limits())))
