"""Files that belong together and appear together: a run that fails leaves those of the run before as they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def replaced(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """Yields an empty folder to write ``names`` in; left without an error, they take the place of those in ``folder``.

    A file that was not written is removed from ``folder`` too. After an error ``folder`` is as it was.

    Raises:
        OSError: ``folder`` cannot be made or written, or has a folder where a file is to be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (folder / name).is_dir():
            raise IsADirectoryError(None, "is a folder, and a file is to be written there", str(folder / name))
    # inside of it, so that it is on the same disk and a file moves in one step
    with TemporaryDirectory(prefix=".part-", dir=folder) as part:
        yield Path(part)
        for name in names:
            new = Path(part, name)
            if new.exists():
                new.replace(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
