"""Small data sets of our own making, as their authors would lay them out."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from medreward_trainer.data.readers import SOURCES
from medreward_trainer.data.report import Report
from medreward_trainer.data.types import Left, ReadOptions, Sample

NO_PYARROW = "pyarrow is not installed: it comes with medreward[data]"


def need_pyarrow() -> None:
    """Skips the module where parquet cannot be written."""
    pytest.importorskip("pyarrow", reason=NO_PYARROW)


def image(path: Path, width: int = 56, height: int = 56, seed: int = 0) -> Path:
    """An image file of noise; different for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"{seed}/{width}/{height}")
    Image.frombytes("RGB", (width, height), rng.randbytes(3 * width * height)).save(path)
    return path


def lines(path: Path, rows: Sequence[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def array(path: Path, rows: Sequence[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows))
    return path


def rollout(number: int, images: Path, *, seed: int | None = None, **fields: Any) -> dict[str, Any]:
    """A line for the jsonl reader, with its image."""
    name = f"{number}.png"
    image(images / name, 60, 90, seed=number if seed is None else seed)
    return {
        "id": f"row-{number}",
        "question": f"Where is finding {number}?",
        "question_type": "open_ended",
        "reference": {"answer": "left", "regions": [{"label": "finding", "box": [6, 9, 30, 45]}]},
        "image_file": name,
    } | fields


def read(name: str, data: Path, options: ReadOptions | None = None) -> tuple[list[Sample], list[Left]]:
    """What a reader yields, samples and what it leaves out."""
    found = list(SOURCES[name].read(data, options or ReadOptions()))
    return [one for one in found if isinstance(one, Sample)], [one for one in found if isinstance(one, Left)]


def converted(data: Path, out: Path, name: str = "jsonl", recipe: str = "gemex", **fields: Any) -> Report:
    """Converts with the recipe's own agent."""
    from medreward_trainer.data.convert import Job, convert
    from medreward_trainer.data.recipes import RECIPES

    out.mkdir(parents=True, exist_ok=True)
    job = Job(name, SOURCES[name], data, out, recipe, RECIPES[recipe].agent)._replace(**fields)
    report = Report(name, recipe, job.agent, {})
    convert(job, report)
    return report


def rows_of(path: Path) -> list[dict[str, Any]]:
    from medreward_trainer.data import parquet

    return list(parquet.read(path))
