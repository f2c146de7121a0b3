"""A run's folder of states: one directory holds one run, and is resumed only with the settings it began with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from transformers.trainer_utils import get_last_checkpoint

from medreward_trainer.scorer.config import TrainingConfig, TrainingError

STATES: Final = "training"
"""folder beside the checkpoint's files, with states to resume from and TensorBoard's logs"""
_SETTINGS: Final = "settings.json"


def begin(out: Path, config: TrainingConfig, resume: bool) -> str | None:
    """Makes the folder, or finds the state to go on from.

    Raises:
        TrainingError: the directory holds a run and none is to be resumed, or the other way round, or the run began
            with other settings.
    """
    states = out / STATES
    settings = states / _SETTINGS
    wanted = config.model_dump(mode="json")
    if not resume:
        if out.is_dir() and any(out.iterdir()):
            raise TrainingError(f"{out}: not empty: name another directory, or resume the run in it")
        states.mkdir(parents=True)
        settings.write_bytes(msgspec.json.format(msgspec.json.encode(wanted), indent=2))
        return None
    last: str | None = get_last_checkpoint(str(states)) if states.is_dir() else None  # type: ignore[no-untyped-call]
    if last is None:
        raise TrainingError(f"{states}: no state to resume from")
    try:
        begun = msgspec.json.decode(settings.read_bytes(), type=dict)
    except (OSError, msgspec.MsgspecError) as error:
        raise TrainingError(f"{settings}: {error}") from None
    if changed := sorted(name for name in {*begun, *wanted} if begun.get(name) != wanted.get(name)):
        raise TrainingError(f"{states}: the run began with other settings: {', '.join(changed)}")
    return last
