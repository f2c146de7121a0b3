"""Finished JSON lines -> Parquet, by a schema that is read off the rows: equal columns in every file."""

from __future__ import annotations

import os
import types
import typing
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import json as pa_json

from medreward.observability.audit.rows import ROWS, Kind

_PLAIN = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def schema(kind: Kind) -> Any:
    """The columns of a kind's table."""
    return pa.schema(_fields(ROWS[kind]))


def convert(lines: Path, table: Path) -> None:
    """Writes the table of a file of JSON lines; it appears under its name once it is whole.

    Raises:
        OSError, ValueError: there is no table then.
    """
    try:
        _convert(lines, table)
    except pa.ArrowException as error:
        if isinstance(error, (OSError, ValueError)):
            raise
        raise ValueError(str(error)) from None


def _convert(lines: Path, table: Path) -> None:
    kind = typing.cast(Kind, lines.name.partition("-")[0])
    read = pa_json.read_json(
        lines,
        # one block: a row with texts may be longer than any that could be chosen here
        read_options=pa_json.ReadOptions(use_threads=False, block_size=max(1, lines.stat().st_size)),
        parse_options=pa_json.ParseOptions(explicit_schema=schema(kind), unexpected_field_behavior="error"),
    )
    beside = table.with_name(f"{table.name}.tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            pq.write_table(read, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, table)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _fields(row: type[msgspec.Struct]) -> list[Any]:
    hints = typing.get_type_hints(row)
    return [pa.field(name, _type(hints[name])) for name in row.__struct_fields__]


def _type(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        (hint,) = (one for one in typing.get_args(hint) if one is not type(None))
    if typing.get_origin(hint) is list:
        return pa.list_(_type(typing.get_args(hint)[0]))
    if hint is datetime:
        return pa.timestamp("us", tz="UTC")
    if hint in _PLAIN:
        return _PLAIN[hint]
    return pa.struct(_fields(hint))
