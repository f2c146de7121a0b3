"""The same, guided by the code that a text reaches: ``python -m tests.fuzz.guided --seconds N --keep DIR``.

Runs in a process of its own, for atheris changes every module it looks into and never returns. Each byte of its input
spells a piece of the grammar.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.tally import Tally

_SLACK_S = 60.0
"""that it may take to start and to end"""
_RUNS = re.compile(r"Done (\d+) (?:runs )?in|stat::number_of_executed_units:\s+(\d+)")
_CRASH = re.compile(r"Test unit written to (\S+)")


def fuzz_guided(tally: Tally) -> None:
    """Runs this module in a process of its own, as long as there is time."""
    if importlib.util.find_spec("atheris") is None:
        tally.note = "atheris is not installed"
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.fuzz.guided", "--seconds", str(int(tally.left_s)), "--keep", folder]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, timeout=tally.left_s + _SLACK_S, check=False)
        except subprocess.TimeoutExpired:
            tally.find("it did not end: a text takes for ever", b"")
            return
        said = ran.stdout + ran.stderr
        runs = [int(found[1] or found[2]) for found in _RUNS.finditer(said)]
        tally.inputs += runs[-1] if runs else 0
        tally.codes["scored"] += tally.inputs
        crashes = [path for path in Path(folder).iterdir() if path.name.startswith(("crash-", "timeout-", "oom-"))]
        for path in crashes:
            tally.find(said.strip()[-200:].replace("\n", " | "), path.read_bytes())
        if ran.returncode and not crashes:
            tally.find(f"it ended with {ran.returncode}: {said.strip()[-200:]}", said.encode())


def main() -> None:
    """Fuzzes until the time is up, or something is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--keep", required=True, help="where what is found is written to")
    options = parser.parse_args()
    import atheris

    with atheris.instrument_imports(include=["medreward.parsing", "medreward.rewards", "medreward.judge"]):
        from tests.fuzz.grammar import spelled
        from tests.fuzz.properties import check_text
        from tests.fuzz.scoring import Bench
    bench = Bench()

    def one(data: bytes) -> None:
        check_text(bench, spelled(data), len(data))

    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={options.seconds}",
            f"-artifact_prefix={options.keep}/",
            "-max_len=60",
            "-timeout=20",
            "-print_final_stats=1",
            "-verbosity=0",
        ],
        one,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
