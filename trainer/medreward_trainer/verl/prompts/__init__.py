"""The texts that ask for a self-check and for the second attempt: ``self_check.txt`` and ``retry.txt``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from medreward_trainer.verl.errors import ConfigError

SELF_CHECK = Path(__file__).parent / "self_check.txt"
RETRY = Path(__file__).parent / "retry.txt"


@lru_cache(maxsize=8)
def text(path: Path) -> str:
    """The text of a prompt file, without white space around it.

    Raises:
        ConfigError: it cannot be read, or is empty.
    """
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"medreward.retry: prompt {path} cannot be read: {error}") from None
    if not found:
        raise ConfigError(f"medreward.retry: prompt {path} is empty")
    return found
