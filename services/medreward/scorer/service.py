"""A trajectory's way through the scorer.

    ask -> words? -> token ids (a thread) -> queue across requests -> forward (lanes) -> logit -> calibration -> [0, 1]

A request is answered by one checkpoint, and its answer names it. When another is to score, it is loaded beside the
present one, which goes on; then new requests take the new one, and those under way end on the old one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec

from medreward.contract.errors import ServiceError
from medreward.rewards.types import Outcome, unscored
from medreward.scorer import ScorerAsk, Scores
from medreward.scorer.checkpoint import CheckpointError
from medreward.scorer.encoding import Encoded
from medreward.scorer.line import Line, NoLogit
from medreward.scorer.outcomes import outcome_of, read
from medreward.scorer.settings import ScorerSettings
from medreward.scorer.types import Meter, Weights
from medreward.scoring.admission import admit
from medreward.scoring.deadline import Deadline
from medreward.scoring.settings import Admission

log = logging.getLogger(__name__)

NOT_INSTALLED = "scorer: install medreward[scorer], or set scorer.checkpoint: none"
_NEEDED = ("torch", "transformers", "peft", "safetensors")
_READ_AT_A_TIME = 64  # trajectories that are encoded before the first of them go into a forward
_STUCK_S = 120.0  # a forward takes well under a second
_FAILED = 3  # forwards in a row, without one number

Load = Callable[[ScorerSettings], Weights]


def installed() -> bool:
    """Whether what a checkpoint needs to be loaded is there."""
    return all(find_spec(name) is not None for name in _NEEDED)


def load_weights(settings: ScorerSettings) -> Weights:
    """The checkpoint that the settings name, ready to score; takes seconds.

    Raises:
        CheckpointError: it cannot be used, or what it needs is not installed.
    """
    if not installed():
        raise CheckpointError(NOT_INSTALLED)
    # here, not above: it takes torch with it
    from medreward.scorer.weights import load

    return load(settings)


class ScorerService:
    """A scorer in this process. For one event loop."""

    def __init__(self, settings: ScorerSettings, load: Load = load_weights, admission: Admission | None = None) -> None:
        """Nothing is loaded yet; without ``admission`` all may wait."""
        self._admission = admission or Admission(enabled=False)
        self.problem = ""
        """why the checkpoint that the settings name does not score; empty when it does, or none was loaded yet"""
        self._settings = settings
        self._load = load
        self._line: Line | None = None
        self._retired: list[Line] = []
        self._starting: asyncio.Task[None] | None = None
        self._swap = asyncio.Lock()
        self._reader = ThreadPoolExecutor(1, "encode")
        self._unread = 0
        self._closed = False
        self._meter: Meter | None = None

    def watched_by(self, meter: Meter) -> None:
        """Tells ``meter`` of its queue and its forwards from now on."""
        self._meter = meter

    def fingerprint(self) -> Mapping[str, str]:
        """What a score depends on; empty before a checkpoint is loaded."""
        return self._line.weights.fingerprint if self._line is not None else {}

    async def start(self) -> None:
        """Loads the checkpoint; whoever does not call it waits for it with the first trajectory.

        Raises:
            CheckpointError: it cannot be used.
        """
        if self._line is not None:
            return
        if self._starting is None or self._starting.done():
            self._starting = asyncio.ensure_future(self.swap(self._settings))
        # one that stops waiting does not stop the loading
        await asyncio.shield(self._starting)

    async def swap(self, settings: ScorerSettings) -> None:
        """Scores by the checkpoint of these settings from now on; requests under way end on the one before.

        Raises:
            CheckpointError: it cannot be used; the one before goes on, and ``problem`` says why.
        """
        async with self._swap:
            try:
                weights = await asyncio.to_thread(self._load, settings)
            except CheckpointError as error:
                self.problem = str(error)
                raise
            except Exception as error:
                self.problem = f"{settings.checkpoint}: {type(error).__name__}: {error}"
                raise CheckpointError(self.problem) from error
            before, self._line, self.problem = self._line, Line(weights, self._forwarded), ""
            self._settings = settings
            if before is not None:
                log.info("checkpoint %s takes over from %s", weights.fingerprint, before.weights.fingerprint)
                self._retired.append(before)
                before.retire()
                self._tidy()

    async def score(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Scores:
        """See :meth:`medreward.scorer.Scorer.score`."""
        try:
            async with asyncio.timeout(deadline.remaining()):
                await self.start()
        except TimeoutError:
            raise ServiceError("timeout", "the scorer's checkpoint was not loaded before the deadline") from None
        except CheckpointError as error:
            raise ServiceError("unavailable", str(error)) from None
        if self._closed:
            raise ServiceError("unavailable", "the scorer is closed")
        line = self._line
        assert line is not None
        call = _Call(line, len(asks))
        waiting = self._waiting()
        admit(self._admission, "scorer", line.wait_s(waiting), line.needs_s(len(asks)), deadline)
        room = max(0, self._settings.max_waiting - waiting)
        for index in range(room, len(asks)):
            call.outcomes[index] = unscored("overloaded", f"{self._settings.max_waiting} trajectories wait already")
        line.calls += 1
        try:
            async with asyncio.timeout(deadline.remaining()):
                await self._queue(call, asks[:room])
                await call.done()
        except TimeoutError:
            log.debug("the deadline passed with %d trajectories not scored", len(call.tickets))
        finally:
            line.drop(call.tickets.values())
            self._tell()
            line.leave()
            self._tidy()
        late = unscored("timeout", "the scorer had no score before the deadline")
        return Scores([outcome or late for outcome in call.outcomes], line.weights.fingerprint)

    def wait_s(self) -> float:
        """Seconds that a trajectory would wait for a forward now, as estimated."""
        return self._line.wait_s(self._waiting()) if self._line is not None else 0.0

    def check(self) -> None:
        """Raises RuntimeError when it will not recover by itself: the process should be replaced."""
        for line in (self._line, *self._retired):
            if line is None:
                continue
            if (seconds := line.longest()) > _STUCK_S:
                raise RuntimeError(f"a forward has taken {seconds:.0f} s until now")
        if self._line is not None and self._line.failed >= _FAILED:
            raise RuntimeError(f"the last {self._line.failed} forwards failed")

    async def close(self) -> None:
        """Takes no more requests; its threads end when those under way are done."""
        self._closed = True
        if self._line is not None:
            self._line.retire()
        self._tidy()

    def _tidy(self) -> None:
        """Lets go of what no request needs: a checkpoint takes memory, a thread the process's time to end."""
        self._retired = [line for line in self._retired if line.busy]
        lines = [line for line in (self._line, *self._retired) if line is not None]
        if self._closed and not any(line.calls for line in lines):
            self._reader.shutdown(wait=False)

    def _waiting(self) -> int:
        lines = [line for line in (self._line, *self._retired) if line is not None]
        return self._unread + sum(len(line) for line in lines)

    async def _queue(self, call: _Call, asks: Sequence[ScorerAsk]) -> None:
        """Encodes the asks and queues them, some at a time, so that the first are scored while others are encoded."""
        loop, line = asyncio.get_running_loop(), call.line
        unread = len(asks)
        self._unread += unread
        self._tell()
        try:
            for first in range(0, len(asks), _READ_AT_A_TIME):
                some = asks[first : first + _READ_AT_A_TIME]
                done = await loop.run_in_executor(self._reader, read, line.weights, some)
                unread -= len(some)
                self._unread -= len(some)
                for index, one in enumerate(done, first):
                    if isinstance(one, Outcome):
                        call.outcomes[index] = one
                    else:
                        call.tickets[index] = line.put(one, partial(call.take, index, one))
                line.run()
                self._tell()
        finally:
            self._unread -= unread

    def _tell(self) -> None:
        if self._meter is not None:
            self._meter.waiting(self._waiting())

    def _forwarded(self, seconds: float, tokens: int) -> None:
        if self._meter is not None:
            self._meter.forward(seconds, tokens)
            self._tell()


class _Call:
    """A request on its way."""

    def __init__(self, line: Line, asks: int) -> None:
        self.line = line
        self.outcomes: list[Outcome | None] = [None] * asks
        self.tickets: dict[int, int] = {}
        """of those that wait or are in a forward, by their place"""
        self._done = asyncio.Event()

    def take(self, index: int, encoded: Encoded, logit: float | NoLogit) -> None:
        """What a forward says of the ask at ``index``."""
        # after the deadline, nobody reads it
        if self.tickets.pop(index, None) is not None:
            self.outcomes[index] = outcome_of(logit, encoded, self.line.weights)
        if not self.tickets:
            self._done.set()

    async def done(self) -> None:
        """Waits until every ask that was queued has its outcome."""
        while self.tickets:
            self._done.clear()
            await self._done.wait()
