"""A hub's cache on disk, as ``huggingface_hub`` lays it out: a model with two commits, read offline."""

from __future__ import annotations

from pathlib import Path

REVISION = "a" * 40
NEWEST = "b" * 40


def write_hub(home: Path, pinned: Path, newest: Path) -> None:
    """``tests/tiny-judge`` with both commits; the branch ``main`` is at the newest."""
    repository = home / "hub" / "models--tests--tiny-judge"
    (repository / "snapshots").mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(NEWEST)
    (repository / "snapshots" / REVISION).symlink_to(pinned, target_is_directory=True)
    (repository / "snapshots" / NEWEST).symlink_to(newest, target_is_directory=True)
