"""Signals to ``serve``: the first stops the cluster, wherever it stands, and no other cuts that short."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from medreward.cli.cluster import running
from medreward.cli.signals import Signals
from medreward.config import Settings
from medreward.serve import local

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
NO_HANGUP = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"


@contextmanager
def serving(start: str, *, nohup: bool = False) -> Iterator[subprocess.Popen[str]]:
    """``medreward serve`` over a cluster that starts in this way."""
    fake = str(Path(__file__).parent / "fake_cluster.py")
    before = [sys.executable, "-c", NO_HANGUP] if nohup else []
    process = subprocess.Popen(
        [*before, sys.executable, fake, start, "serve"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe
            pipe.close()


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout
    for line in process.stdout:
        if word in line:
            time.sleep(0.1)  # until it is beyond the printing
            return
    raise AssertionError(f"no {word}")


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str], str]:
    process.wait(20)  # it says too little to fill a pipe
    assert process.stdout
    assert process.stderr
    return process.returncode, process.stdout.read().splitlines(), process.stderr.read()


@pytest.mark.parametrize("first", NUMBERS)
def test_each_of_them_stops_it_and_those_after_it_do_nothing(first: signal.Signals) -> None:
    with serving("works") as process:
        wait_for(process, "Ctrl-C stops it.")
        process.send_signal(first)
        wait_for(process, "stopping")
        for number in (*NUMBERS, *NUMBERS):
            process.send_signal(number)
            time.sleep(0.02)
        assert ended(process) == (0, ["gone", "stopped"], "")


@pytest.mark.parametrize("attempt", range(3))
def test_several_at_once_stop_it_once(attempt: int) -> None:
    with serving("works") as process:
        wait_for(process, "Ctrl-C stops it.")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            process.send_signal(number)
        assert ended(process) == (0, ["stopping", "gone", "stopped"], "")


@pytest.mark.parametrize(
    ("start", "first"),
    [(start, number) for start in ("waits", "breaks", "exits") for number in (signal.SIGINT, signal.SIGTERM)],
)
def test_one_that_comes_while_it_starts_stops_it_without_a_traceback(start: str, first: signal.Signals) -> None:
    with serving(start) as process:
        wait_for(process, "starting")
        process.send_signal(first)
        wait_for(process, "stopping")
        for number in NUMBERS:
            process.send_signal(number)
        assert ended(process) == (0, ["gone", "stopped"], "")


def test_one_that_an_import_swallows_stops_it_all_the_same() -> None:
    with serving("swallows") as process:
        wait_for(process, "starting")
        process.send_signal(signal.SIGINT)
        assert ended(process) == (0, ["stopping", "gone", "stopped"], "")


def test_a_failed_start_is_cleaned_up_undisturbed() -> None:
    with serving("fails") as process:
        wait_for(process, "stopping")
        process.send_signal(signal.SIGINT)
        assert ended(process) == (1, ["gone"], "medreward: the cluster did not start: no\n")


def test_a_lost_terminal_does_not_matter_under_nohup() -> None:
    with serving("works", nohup=True) as process:
        wait_for(process, "Ctrl-C stops it.")
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
        assert ended(process)[0] == 0


def test_what_they_did_before_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cluster:
        def __init__(self, settings: Settings) -> None:
            self.stops = 0

        def __enter__(self) -> Cluster:
            return self

        def __exit__(self, *error: object) -> None:
            self.stop()

        def stop(self) -> None:
            for number in NUMBERS:
                signal.raise_signal(number)  # and nothing happens

    monkeypatch.setattr(local, "LocalCluster", Cluster)
    before = [signal.getsignal(number) for number in NUMBERS]
    with running(Settings()):
        handlers = [signal.getsignal(number) for number in NUMBERS]
        assert all(getattr(handler, "__func__", None) is Signals._on_signal for handler in handlers)
    assert [signal.getsignal(number) for number in NUMBERS] == before
