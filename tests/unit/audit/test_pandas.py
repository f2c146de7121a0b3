"""The files are tables: pandas reads them, with the same columns in either format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas
import pytest

from medreward.contract import types as t
from medreward.observability.audit.parquet import schema
from medreward.observability.audit.reading import AuditFiles
from medreward.observability.audit.rows import KINDS, ROWS, RolloutRow
from medreward.scoring.trail import Trail

from .made import ASKED, keeping, reply, request

ABSENT = t.Component(status="timeout", weight=1.0, detail="the judge was late")


def written(directory: Path, kind: str, **settings: Any) -> Any:
    """Rollouts 1 and 2, the second without a reward, as pandas reads them."""
    answer = reply("1", "2")
    answer.results[1] = t.Result(id="2", components={"semantics": ABSENT})
    with keeping(directory, format=kind, **settings) as kept:
        kept.audit.scored(ASKED, request("1", "2", text='line\nbreak, "quote", \u2028, \U0001f9ea'), answer, Trail())
    (path,) = directory.glob("rollouts-*")
    if kind == "parquet":
        return pandas.read_parquet(path)
    frame = pandas.read_json(path, lines=True, dtype=False)
    return frame.assign(scored_at=pandas.to_datetime(frame["scored_at"]))


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_pandas_reads_every_column(tmp_path: Path, kind: str) -> None:
    frame = written(tmp_path, kind)
    assert list(frame.columns) == list(RolloutRow.__struct_fields__)
    assert list(frame["id"]) == ["1", "2"]
    assert list(frame["reward"].isna()) == [False, True]
    assert str(frame["scored_at"].dtype).startswith("datetime64")
    parts = frame.explode("components")["components"]
    assert [(part["name"], part["status"], part["value"]) for part in parts] == [
        ("semantics", "ok", 1.0),
        ("semantics", "timeout", None),
    ]


def test_both_formats_hold_the_same_rows(tmp_path: Path) -> None:
    rows = []
    for kind in ("jsonl", "parquet"):
        written(tmp_path / kind, kind, texts=True)
        rows.append(list(AuditFiles(tmp_path / kind, RolloutRow).rows()))
    for line, column in zip(*rows, strict=True):
        assert {name: getattr(line, name) for name in line.__struct_fields__ if name != "scored_at"} == {
            name: getattr(column, name) for name in column.__struct_fields__ if name != "scored_at"
        }


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_has_every_column_of_its_rows(kind: Any) -> None:
    assert schema(kind).names == list(ROWS[kind].__struct_fields__)
