"""The client: calls for single rollouts in, few requests out."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

import msgspec
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from medreward.contract import Rollout
from medreward_trainer.client.batches import Batch, Call, bucket
from medreward_trainer.client.endpoints import Endpoints, connect
from medreward_trainer.client.errors import ClientClosed, Failure, Refusal, RequestRefused, ServiceLost
from medreward_trainer.client.sending import Sender, Wait
from medreward_trainer.client.settings import ClientSettings
from medreward_trainer.client.stats import ClientStats, Tally
from medreward_trainer.client.types import Ask, Readiness, Scored, Service

_encoder = msgspec.json.Encoder()
_ENVELOPE_BYTES = 1024  # what a body holds besides its rollouts, components apart
_MOST_KEYS = 64  # asks of which an open batch is remembered


class RewardClient:
    """Rewards from a service, in one event loop. Use it as an async context manager, or close it.

    Calls that arrive within the window and ask for the same leave as one request.
    """

    def __init__(self, settings: ClientSettings) -> None:
        """Connects to nothing yet: its event loop is the one of its first call."""
        self.settings = settings
        self._tally = Tally(settings.latency_window)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._open: dict[tuple[Ask, int], Batch] = {}
        self._sender: Sender | None = None

    async def __aenter__(self) -> Self:
        """Itself."""
        self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        await self.close()

    async def score(
        self,
        rollout: Rollout,
        *,
        recipe: str | None = None,
        components: Mapping[str, float] | None = None,
        explain: bool = False,
        deadline_s: float | None = None,
    ) -> Scored:
        """What the service says of a rollout.

        Args:
            rollout: what to score; its id comes back in the result.
            recipe: name of a recipe; None: that of the settings.
            components: weights by reward name, instead of a recipe.
            explain: asks for the evidence of each component too.
            deadline_s: seconds until there is a result; None: that of the settings.

        Returns:
            The service's result, or one that is ``unscored`` and says why. Its reward may be absent either way.

        Raises:
            RequestRefused: the request is wrong, and would be at every attempt.
            ClientClosed: the client is closed, or belongs to another event loop.
        """
        sender = self._begin()
        ask, limit_s = self._ask(recipe, components, explain), self._limit(deadline_s)
        call = self._call(sender, rollout, ask, sender.time() + limit_s, limit_s)
        try:
            return await call.future
        finally:
            # a caller that is cancelled leaves; one with a result has left already
            sender.leave(call)

    async def score_many(
        self,
        rollouts: Iterable[Rollout],
        *,
        recipe: str | None = None,
        components: Mapping[str, float] | None = None,
        explain: bool = False,
        deadline_s: float | None = None,
    ) -> list[Scored]:
        """As :meth:`score` for each, in their order, under one deadline; at most ``max_pending`` are under way.

        Raises:
            RequestRefused: of the first rollout that is refused; the others are then given up.
        """
        sender = self._begin()
        ask, limit_s = self._ask(recipe, components, explain), self._limit(deadline_s)
        until = sender.time() + limit_s
        waiting, found = list(rollouts), []
        for first in range(0, len(waiting), self.settings.max_pending):
            calls: list[Call] = []
            try:
                for rollout in waiting[first : first + self.settings.max_pending]:
                    calls.append(self._call(sender, rollout, ask, until, limit_s))
                found += await asyncio.gather(*(call.future for call in calls))
            finally:
                for call in calls:
                    sender.leave(call)
        return found

    @property
    def stats(self) -> ClientStats:
        """A snapshot of counters and latency."""
        return self._tally.snapshot(self._sender.circuit.opened if self._sender else 0)

    async def wait_until_ready(self, limit_s: float) -> Readiness:
        """Asks, with growing waits, until an endpoint is ready or ``limit_s`` seconds are over.

        Over HTTP it asks ``/readyz``. Over gRPC, where the service has no health call, it sends an empty request and
        takes the service's own refusal as the sign of life.
        """
        sender, last = self._begin(), "no answer yet"

        def before_sleep(state: RetryCallState) -> None:
            nonlocal last
            last = str(state.outcome.exception()) if state.outcome else last

        polling = AsyncRetrying(
            retry=retry_if_exception_type(Failure), wait=Wait(self.settings), before_sleep=before_sleep, reraise=True
        )
        try:
            async with asyncio.timeout(limit_s):
                await polling(sender.ready)
        except TimeoutError:
            return Readiness(False, f"not ready within {limit_s:g} s: {last}")
        except Refusal as refusal:
            return Readiness(False, str(refusal))
        return Readiness(True, f"{sender.url} is ready")

    async def check(self, recipe: str | None = None, *, limit_s: float = 30.0) -> Service:
        """What the service is, before a run relies on it: that it takes our key, has the recipe, and fits our limits.

        It scores an empty rollout, which costs nothing and shows the keys that every result will have.

        Raises:
            RequestRefused: one of these is not so; the field is ``recipe``, ``max_rollouts`` or ``max_bytes``.
            ServiceLost: there was no reply within ``limit_s`` seconds.
        """
        scored = await self.score(Rollout(id="check", response=""), recipe=recipe, deadline_s=limit_s)
        if scored.fingerprint is None:
            raise ServiceLost(scored.unscored, scored.reason)
        await self._check_limits(self._begin(), limit_s)
        made = scored.fingerprint
        return Service(made.version, made.recipe, made.recipe_hash, tuple(sorted(scored.result.components)))

    async def close(self) -> None:
        """Ends all: calls under way are unscored, connections are closed. A second time it does nothing."""
        if self._closed:
            return
        self._closed = True
        self._open.clear()
        if self._sender is not None:
            await self._sender.close()

    def _begin(self) -> Sender:
        loop = asyncio.get_running_loop()
        if self._closed:
            raise ClientClosed("the reward client is closed")
        if self._sender is None:
            self._loop = loop
            self._sender = Sender(self.settings, Endpoints(connect(self.settings)), self._tally)
        elif self._loop is not loop:
            raise ClientClosed("the reward client belongs to another event loop; client_of gives each its own")
        return self._sender

    def _ask(self, recipe: str | None, components: Mapping[str, float] | None, explain: bool) -> Ask:
        if components is None:
            if recipe == "":
                raise RequestRefused("invalid", "recipe", "is empty")
            return Ask(self.settings.recipe if recipe is None else recipe, (), explain)
        if recipe is not None:
            raise RequestRefused("invalid", "recipe", "give at most one of recipe and components")
        if not components:
            raise RequestRefused("invalid", "components", "is empty")
        for name, weight in components.items():
            if not isinstance(weight, (int, float)) or isinstance(weight, bool) or not abs(weight) < math.inf:
                raise RequestRefused("invalid", f"components.{name}", "must be a finite number")
        try:
            return Ask("", tuple(sorted((name, float(weight)) for name, weight in components.items())), explain)
        except OverflowError:
            raise RequestRefused("invalid", "components", "has a weight that no float holds") from None

    def _limit(self, deadline_s: float | None) -> float:
        if deadline_s is None:
            return self.settings.deadline_s
        if not 0 < deadline_s <= 3600:
            raise ValueError(f"deadline_s: must be above 0 and at most 3600 seconds, not {deadline_s}")
        return deadline_s

    def _call(self, sender: Sender, rollout: Rollout, ask: Ask, until: float, limit_s: float) -> Call:
        """A call that is in a batch. Encoded here: what cannot be sent is its own caller's matter."""
        if not isinstance(rollout, Rollout):
            raise TypeError(f"rollout: must be a medreward.contract.Rollout, not {type(rollout).__name__}")
        try:
            encoded = _encoder.encode(rollout)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise RequestRefused("invalid", "", f"is no JSON: {error}", str(rollout.id)) from None
        call = Call(rollout, encoded, until, limit_s, self.settings.retry_unscored)
        key = (ask, bucket(limit_s))
        batch = self._open.get(key)
        if batch is not None and batch.open and not self._fits(batch, call):
            batch.close()
        if batch is None or not batch.open:
            if len(self._open) >= _MOST_KEYS:
                self._open = {one: other for one, other in self._open.items() if other.open}
            batch = self._open[key] = Batch(ask)
            sender.start(batch)
        batch.add(call)
        if len(batch.calls) >= self.settings.max_rollouts:
            batch.close()
        return call

    def _fits(self, batch: Batch, call: Call) -> bool:
        return not batch.calls or batch.size + len(call.encoded) + _ENVELOPE_BYTES < self.settings.max_bytes

    async def _check_limits(self, sender: Sender, limit_s: float) -> None:
        try:
            limits = await sender.limits(limit_s)
        except (Failure, TimeoutError) as failure:
            raise ServiceLost("unavailable", f"GET /v1/info: {failure}") from None
        except Refusal as refusal:
            raise RequestRefused(refusal.code, "", f"GET /v1/info: {refusal.message}") from None
        if limits is None:
            return
        most_bytes = int(limits.body_mib * 2**20)
        for field, ours, theirs in (
            ("max_rollouts", self.settings.max_rollouts, limits.rollouts),
            ("max_bytes", self.settings.max_bytes, most_bytes),
        ):
            if ours > theirs:
                raise RequestRefused("too_large", field, f"is {ours}, the service takes {theirs}")
