"""Whatever keeps the cluster from starting is one line that a person can read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medreward.cli import cluster
from medreward.cli.errors import shortened
from medreward.serve import local

from .conftest import Medreward

RAYS = """\x1b[36mray::ServeController.deploy()\x1b[39m (pid=7, ip=10.0.0.1)
  File "/x/ray/serve/controller.py", line 1, in deploy
    raise RuntimeError(message)
\x1b[1m\x1b[31mRuntimeError: Deploying application medreward failed\x1b[0m
The above exception was the direct cause of the following exception:
"""


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Clusters that do not start."""

    class Cluster:
        def __init__(self, settings: object) -> None:
            raise error

    monkeypatch.setattr(local, "LocalCluster", Cluster)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (local.StartError("http.port: 8000 is taken"), "http.port: 8000 is taken"),
        (RuntimeError(RAYS + "x" * 9000), "RuntimeError: Deploying application medreward failed"),
        (OSError(28, "No space left on device"), "OSError: [Errno 28] No space left on device"),
        (KeyError("node"), "KeyError: 'node'"),
        (ValueError("\n\n"), "ValueError: no reason given"),
        (AssertionError(), "AssertionError: no reason given"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_any_error_of_starting_is_one_short_line_and_exit_1(
    medreward: Medreward, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str, command: str
) -> None:
    failing(monkeypatch, error)
    done = medreward(command)
    assert (done.exit_code, done.stderr) == (1, f"medreward: the cluster did not start: {said}\n")


def test_a_package_that_is_missing_is_named_with_what_to_install(
    medreward: Medreward, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, ModuleNotFoundError("No module named 'ray'", name="ray"))
    done = medreward("serve")
    assert (done.exit_code, "ray is not installed; serving needs: pip install" in done.stderr) == (1, True)


NO_VLLM = ImportError("Neither vLLM nor SGLang is installed. Install with: `pip install ray[llm]`")
"""as Ray Serve says it: no ModuleNotFoundError, and an extra that is not ours"""
JUDGE = "serving with judge.engine vllm needs: pip install 'medreward[judge]'"
SERVE = "serving needs: pip install 'medreward[serve]'"


@pytest.fixture
def by_engine(tmp_path: Path) -> Callable[[str], Path]:
    """Writes settings with a judge of that engine."""

    def settings(engine: str) -> Path:
        path = tmp_path / f"{engine}.yaml"
        path.write_text(f"judge: {{engine: {engine}, vllm: {{model: {tmp_path}}}}}\n")
        return path

    return settings


@pytest.mark.parametrize(
    ("engine", "error", "package", "needs"),
    [
        ("vllm", ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow"), "pyarrow", JUDGE),
        ("vllm", ModuleNotFoundError("No module named 'vllm'", name="vllm"), "vllm", JUDGE),
        ("vllm", NO_VLLM, "vllm", JUDGE),
        ("embedded", ModuleNotFoundError("No module named 'ray'", name="ray"), "ray", SERVE),
    ],
)
def test_the_extra_to_install_is_the_one_that_the_engine_needs(
    medreward: Medreward,
    monkeypatch: pytest.MonkeyPatch,
    by_engine: Callable[[str], Path],
    engine: str,
    error: ImportError,
    package: str,
    needs: str,
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    failing(monkeypatch, error)
    done = medreward("serve", "--config", by_engine(engine))
    assert done.exit_code == 1
    assert done.stderr == f"medreward: {package} is not installed; {needs}\n"


@pytest.mark.parametrize(("engine", "there"), [("vllm", True), ("embedded", False)])
def test_an_import_that_fails_for_another_reason_is_told_as_it_is(
    medreward: Medreward,
    monkeypatch: pytest.MonkeyPatch,
    by_engine: Callable[[str], Path],
    engine: str,
    there: bool,
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: there or None)
    failing(monkeypatch, ImportError("cannot import name 'x' from 'y'"))
    done = medreward("serve", "--config", by_engine(engine))
    assert done.exit_code == 1
    assert done.stderr == "medreward: the cluster did not start: ImportError: cannot import name 'x' from 'y'\n"


def test_a_long_line_is_cut_at_300_characters() -> None:
    line = shortened("HAProxy said: " + "x" * 5000 + "\nmore")
    assert (len(line), line[:14], line[-1]) == (300, "HAProxy said: ", "…")


def test_escapes_are_no_part_of_it() -> None:
    assert shortened("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b[2Kend") == "red link end"


@pytest.mark.parametrize("text", ["Traceback (most recent call last):\n  File\nOSError: no", "---\n\n   \nOSError: no"])
def test_its_first_line_that_says_something_is_taken(text: str) -> None:
    assert shortened(text) == "OSError: no"


def test_logs_that_are_there_are_named(tmp_path: Path) -> None:
    logs = tmp_path / "session" / "logs"
    logs.mkdir(parents=True)
    assert shortened(f"it failed\n  \x1b[33mCheck {logs}.\x1b[0m") == f"it failed; logs: {logs}"
    assert shortened(f"it failed, see {logs}\nmore in {logs}") == f"it failed, see {logs}"
    assert shortened("it failed\nsee /no/such/logs and http://host/logs") == "it failed"
