"""No regular expression of the package could take exponential time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.fuzz.patterns import nested


def test_no_pattern_repeats_what_repeats_itself() -> None:
    command = [sys.executable, "-m", "tests.fuzz.patterns"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    told = json.loads(listed.splitlines()[-1])
    assert len(told["patterns"]) > 150, told["missed"]
    assert {file.split("/")[0] for file, _, _ in told["patterns"]} >= {
        "parsing",
        "rewards",
        "judge",
        "scorer",
        "contract",
    }
    assert [(file, pattern) for file, pattern, flags in told["patterns"] if nested(pattern, flags)] == []


@pytest.mark.parametrize(
    "pattern", [r"(a+)+$", r"(?:\s*,)+x", r"((a|b)*c?)*", r"(?:(?:x*)y?){2,}", r"(?=(a+)+b)", r"(a*?)*"]
)
def test_a_repetition_of_repetitions_is_found(pattern: str) -> None:
    assert nested(pattern, 0)


@pytest.mark.parametrize("pattern", [r"(a++)++$", r"a+b+", r"(?:,\d{3})+", r"(?:a+b)*+", r"(?:a|b)*", r"(a+){1,3}"])
def test_what_gives_nothing_back_is_let_pass(pattern: str) -> None:
    assert not nested(pattern, 0)
