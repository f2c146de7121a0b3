"""A run that dies at any moment is taken up by the next one; two at a time do not get at one file."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from medreward.cli import sidecar

from .conftest import Medreward, ids, many, write


def test_a_sidecar_that_is_behind_the_file_loses_nothing(
    medreward: Medreward, source: Path, out: Path, beside: Path
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out)
    medreward(*command, "--limit", 3)
    behind = beside.read_bytes()
    medreward(*command)
    whole = out.read_bytes()
    beside.write_bytes(behind)
    assert medreward(*command).exit_code == 0
    assert out.read_bytes() == whole
    assert json.loads(beside.read_text())["answered"] == 7


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_dies_while_it_is_written_is_taken_up(
    medreward: Medreward, source: Path, out: Path, beside: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out, "--batch-size", 2)
    replace, calls = sidecar.os.replace, []

    def dying(*paths: Any) -> None:
        calls.append(paths)
        if len(calls) < 3 or moment == "after":
            replace(*paths)
        if len(calls) == 3:
            raise OSError(5, "died")

    with monkeypatch.context() as patched:
        patched.setattr(sidecar.os, "replace", dying)
        assert medreward(*command).exit_code == 1
    assert ids(out) == ["r0", "r1"]
    assert json.loads(beside.read_text())["answered"] == (2 if moment == "before" else 4)
    assert medreward(*command).exit_code == 0
    assert ids(out) == [f"r{number}" for number in range(7)]


@pytest.mark.parametrize("after_s", [0.0, 0.1])
def test_a_run_that_is_killed_is_taken_up(tmp_path: Path, medreward: Medreward, out: Path, after_s: float) -> None:
    source = write(tmp_path / "many.jsonl", many(2000))
    command = ["score", str(source), "--recipe", "gemex", "--out", str(out), "--batch-size", "1"]
    process = subprocess.Popen([sys.executable, "-m", "medreward", *command])
    until = time.monotonic() + 30
    while process.poll() is None and not (out.exists() and out.stat().st_size) and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    assert medreward(*command).exit_code == 0
    assert ids(out) == [f"r{number}" for number in range(2000)]


def test_two_runs_on_one_file_are_refused(medreward: Medreward, source: Path, out: Path) -> None:
    command = ("score", source, "--recipe", "gemex", "--out", out)
    with out.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = medreward(*command)
    assert done.exit_code == 1
    assert done.stderr == f"medreward: --out: {out} is being written by another run; wait for it or name another\n"
    assert out.read_bytes() == b""
    assert medreward(*command).exit_code == 0
