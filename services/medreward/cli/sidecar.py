"""``F.run.json`` beside a file of results F: how its results were made, and from which rollouts.

It is written anew (a temporary file, then a rename) before each batch is appended to F, and counts that batch in. So
whenever a run ends, the rollouts of every line in F are counted, and at most one batch that is not in F; only when
the machine itself goes down can either be behind the other. A run that goes on reads as many rollouts as are counted
and compares one digest over all of them: nothing in F has to be cut or trusted for that.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from medreward.cli.errors import CliError, Unusable
from medreward.cli.seen_judge import differences, merged
from medreward.cli.types import Fingerprint
from medreward.contract import codec
from medreward.contract.types import Rollout

_OTHER_OUT = "nothing was changed, name another --out"


class RunMade(msgspec.Struct, frozen=True):
    """What results depend on beside the rollouts and the judge: those of equal ones may stand in one file."""

    medreward: str
    """version of what scores: this process or the server"""
    recipe: str
    recipe_hash: str
    explain: bool
    reader: str
    respond: str


class _Record(RunMade, frozen=True, kw_only=True):
    judge: Fingerprint | msgspec.UnsetType | None = msgspec.UNSET
    """as ``seen_judge`` tells it; unset in files that are older than this entry"""
    scorer: Fingerprint | msgspec.UnsetType = msgspec.UNSET
    """as ``seen_scorer`` tells it; unset where no score has come from any"""
    answered: int
    """rollouts, from the first"""
    input_sha256: str
    """over their JSON, a line each"""


def sidecar_path(out: Path) -> Path:
    """Of the file that says how the results in ``out`` were made."""
    return out.parent / f"{out.name}.run.json"


class Sidecar:
    """The file beside ``out``, whose results are made from ``source``. To be used under the lock of ``out``."""

    def __init__(self, out: Path, source: str, made: RunMade, judge: Fingerprint | None) -> None:
        """Nothing is read yet."""
        self.path = sidecar_path(out)
        self.judge = judge
        """all that is known of it; may become more until the first verdict has come, and is written at :meth:`save`"""
        self.scorer: Fingerprint | None = None
        """all that is known of it; written as the judge is"""
        self._out, self._source, self._made = out, source, made
        self._digest = hashlib.sha256()
        self._answered = 0
        self._before: _Record | None = None

    def load(self, *, empty: bool) -> None:
        """Takes up what is there, and what it says of the judge, unless ``out`` is ``empty``.

        Raises:
            Unusable: it is not ours, or the results were made otherwise; the message names what differs.
        """
        try:
            before = msgspec.json.decode(self.path.read_bytes(), type=_Record)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Unusable(f"{self.path} cannot be read: {error.strerror}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unusable(f"{self.path} does not say how results were made: {error}; {_OTHER_OUT}") from None
        if empty:
            return
        was, now = (msgspec.structs.asdict(made) for made in (before, self._made))
        differing = [f"{name} {was[name]}, now {now[name]}" for name in now if was[name] != now[name]]
        if isinstance(before.judge, msgspec.UnsetType):
            if not differing:
                raise Unusable(
                    f"{self.path} does not say which judge {self._out} was made with, since an older medreward "
                    f"wrote it; {_OTHER_OUT}"
                )
            judge = None
        else:
            judge = before.judge
            differing += differences(judge, self.judge)
        if differing:
            raise Unusable(f"{self._out} was made with {'; '.join(differing)}; {_OTHER_OUT}")
        self.judge = merged(judge, self.judge)
        self.scorer = None if isinstance(before.scorer, msgspec.UnsetType) else before.scorer
        self._before = before

    def require(self) -> None:
        """Raises Unusable when there was nothing to take up, for an ``out`` that has results."""
        if self._before is None:
            raise Unusable(
                f"{self._out} has results, but {self.path}, which says how they were made, is not there: "
                f"put it back or name another --out; nothing was changed"
            )

    def count(self, rollout: Rollout) -> None:
        """Counts one in. Raises Unusable as :meth:`rest`."""
        self._digest.update(_bytes(rollout))
        self._answered += 1
        if self._before is not None and self._answered == self._before.answered:
            self._compare(self._before, self._digest.hexdigest())

    def rest(self, rollouts: Iterator[Rollout]) -> Iterator[Rollout]:
        """``rollouts``, which follow those in ``out``; to be called once all those are counted.

        Raises:
            Unusable: the input is not the one that was answered.
        """
        before, self._before = self._before, None
        if before is None or before.answered <= self._answered:
            return rollouts
        # a batch that was announced and not written, as a rule; all of it, if somebody cut out
        ahead = list(itertools.islice(rollouts, before.answered - self._answered))
        digest = self._digest.copy()
        for rollout in ahead:
            digest.update(_bytes(rollout))
        self._compare(before, digest.hexdigest())
        return itertools.chain(ahead, rollouts)

    def _compare(self, before: _Record, digest: str) -> None:
        if digest != before.input_sha256:
            raise Unusable(
                f"{self._source} is not what {self._out} was made from: "
                f"its first {before.answered} rollouts are others now; {_OTHER_OUT}"
            )

    def save(self) -> None:
        """Writes it anew. A run that is killed leaves it as it was or as it is now.

        Raises:
            CliError: it cannot be written.
        """
        made = msgspec.structs.asdict(self._made)
        record = _Record(
            **made,
            judge=self.judge,
            scorer=msgspec.UNSET if self.scorer is None else self.scorer,
            answered=self._answered,
            input_sha256=self._digest.hexdigest(),
        )
        beside = self.path.with_name(f"{self.path.name}.tmp")
        try:
            beside.write_bytes(msgspec.json.format(msgspec.json.encode(record)) + b"\n")
            os.replace(beside, self.path)
        except OSError as error:
            raise CliError(f"{self.path} cannot be written: {error.strerror}") from None


def _bytes(rollout: Rollout) -> bytes:
    return codec.encode(rollout) + b"\n"
