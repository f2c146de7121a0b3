"""The fuzzers that ``test_properties.py`` does not run, for a little: they send something, and find nothing.

They end by number, not by time: the same inputs every time, but for those of ``guided``, which follow the code.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.fuzz.guided import fuzz_guided
from tests.fuzz.over_schema import fuzz_schema
from tests.fuzz.run import LIVE, fuzz_live
from tests.fuzz.tally import Tally

LIMIT_S = 120.0
"""far more than they take"""


def test_what_the_openapi_document_allows_and_what_not_is_answered_as_documented(tmp_path: Path) -> None:
    tally = Tally("schema", LIMIT_S, tmp_path, most=300)
    fuzz_schema(tally)
    assert tally.findings == []
    assert tally.codes.keys() >= {"200", "422"}


def test_bytes_that_no_client_sends_neither_stop_a_server_nor_meet_a_defect(tmp_path: Path) -> None:
    tallies = fuzz_live([*LIVE], LIMIT_S, tmp_path, most=120)
    assert {tally.name: tally.findings for tally in tallies} == {"grpc": [], "http": []}
    codes = {tally.name: tally.codes for tally in tallies}
    assert codes["grpc"].keys() >= {"OK", "INVALID_ARGUMENT", "bomb RESOURCE_EXHAUSTED"}
    assert codes["http"].keys() >= {"200", "400", "held open"}


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
def test_texts_guided_by_the_code_they_reach_are_taken_without_a_defect(tmp_path: Path) -> None:
    tally = Tally("guided", 3.0, tmp_path)
    fuzz_guided(tally)
    assert tally.findings == []
    assert tally.inputs > 0
