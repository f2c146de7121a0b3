"""What can go wrong at the command line, and the exit code that says so.

====  =============================================================================================
code  meaning
====  =============================================================================================
0     what was asked for is done; a target that was missed is an answer, not an error
1     the work could not be done: a file cannot be written, weights give no finite number
2     what was given makes no sense: an option, a setting, a data file, a checkpoint (``Unusable``)
130   interrupted; with ``--resume`` a training goes on from its last state
====  =============================================================================================

Each prints one line on stderr. A traceback is a defect of ours.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

FAILED = 1
UNUSABLE = 2
INTERRUPTED = 130


class Unusable(ValueError):
    """What was given makes no sense; the same command will fail again. The message names it."""


@contextmanager
def one_line() -> Iterator[None]:
    """The boundary of every command: an error becomes one line on stderr and the exit code.

    To be entered where the command has its imports already: it knows the training's own errors.

    Raises:
        typer.Exit: with that code.
    """
    from medreward.scorer.checkpoint import CheckpointError
    from medreward_trainer.scorer.config import TrainingError
    from medreward_trainer.scorer.dataset import DatasetError
    from medreward_trainer.scorer.evaluation.report import EvaluationError
    from medreward_trainer.scorer.evaluation.scoring import NotFiniteError
    from medreward_trainer.scorer.sources.files import DataError

    try:
        yield
    except (Unusable, CheckpointError, TrainingError, DatasetError, DataError, EvaluationError) as error:
        _exit(str(error), UNUSABLE)
    except NotFiniteError as error:
        _exit(str(error), FAILED)
    except OSError as error:
        _exit(f"{error.filename}: {error.strerror}" if error.filename else str(error), FAILED)
    except KeyboardInterrupt:
        _exit("interrupted", INTERRUPTED)


def _exit(message: str, code: int) -> None:
    print(f"medreward-train: {' '.join(message.split())}", file=sys.stderr)
    raise typer.Exit(code) from None
