"""What an image is built from, where no registry may be at hand: the smallest Debian that has Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

PROGRAMS = ("mmdebstrap",)
RELEASE = "bookworm"
"""the Debian whose python3 is 3.11"""
_PACKAGES = ("apt", "ca-certificates", "python3-venv")
_MAKE_S = 600.0


class BaseError(RuntimeError):
    """It could not be made: no mirror that can be reached, say."""


def make(archive: Path) -> None:
    """Writes the root file system as a tar archive.

    Raises:
        BaseError: with the last words of what failed.
    """
    command = [
        "mmdebstrap",
        "--quiet",
        "--variant=essential",
        f"--include={','.join(_PACKAGES)}",
        "--dpkgopt=path-exclude=/usr/share/{doc,man,locale}/*",
        RELEASE,
        str(archive),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_MAKE_S, check=False)
    except subprocess.TimeoutExpired:
        raise BaseError(f"mmdebstrap took longer than {_MAKE_S:.0f} s") from None
    if done.returncode:
        raise BaseError(f"mmdebstrap: {' '.join(done.stderr.strip().splitlines()[-3:])}")
