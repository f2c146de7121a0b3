"""What an agent loop asks of the reward service for one rollout, and what it makes of the replies."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from medreward.contract import Component, Retry, Rollout
from medreward_trainer.client import RequestRefused, RewardClient, client_of
from medreward_trainer.client.types import Scored
from medreward_trainer.truth import TruthError, decode, sampled
from medreward_trainer.verl.outcome import REFUSED, Outcome, outcome_of
from medreward_trainer.verl.settings import Settings

WORKER = f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True)
class Verdict:
    """On the first answer. ``right`` is None when there is none; then ``status`` and ``reason`` say why."""

    right: bool | None
    status: str = "ok"
    reason: str = ""


class Asking:
    """Of one rollout: the question about its first answer, and its score in the end."""

    def __init__(self, settings: Settings, truth: Rollout, id: str, group_id: str, client: RewardClient) -> None:
        self._settings = settings
        self._truth = truth
        self._id = id
        self._group_id = group_id
        self._client = client

    @classmethod
    def of(cls, settings: Settings, row: Mapping[str, Any]) -> Asking:
        """For a row of the data and one sample of it; to be called in the event loop that asks.

        Raises:
            TruthError: the row's ground truth is none of ours; it names the field.
        """
        uid = str(row["uid"])
        model = row.get("reward_model")
        truth = decode(model.get("ground_truth") if isinstance(model, Mapping) else None)  # type: ignore[arg-type]
        return cls(settings, truth, f"{uid}_{row.get('session_id', 0)}", uid, client_of(settings.client))

    async def answer(self, first: str) -> Verdict:
        """Whether the first answer is right, by the one component that says so.

        Within the client's deadline, retries included. No verdict is no "wrong": the caller must not retry on it.
        """
        name = self._settings.retry.answer
        try:
            scored = await self._client.score(self._sample(first), components={name: 1.0})
        except RequestRefused as error:
            return Verdict(None, REFUSED, str(error))
        component = scored.result.components.get(name)
        if component is None:
            return Verdict(None, scored.status, scored.reason)
        if component.value is None:
            return Verdict(None, component.status, f"{name}: {component.detail}")
        return Verdict(component.value == 1.0)

    async def score(self, first: str, retry: Retry | None = None) -> Outcome:
        """The whole rollout by the recipe; a retry's response replaces the first in every component."""
        try:
            scored = await self._client.score(self._sample(first, retry), explain=self._settings.explain)
        except RequestRefused as error:
            return self.without(REFUSED, str(error))
        outcome = outcome_of(scored)
        if retry is not None and outcome.scored:
            outcome = msgspec.structs.replace(outcome, credit=await self._credit(scored, retry))
        return self._told(outcome)

    async def _credit(self, scored: Scored, retry: Retry) -> float | None:
        """r_sc (MEDSAGE): as the recipe's ``self_check`` says.

        There is a retry only where the first answer was wrong; so in a recipe without that component it is whether the
        new answer is right, which ``retry.answer`` says, in the recipe or not.
        """
        components: Mapping[str, Component] = scored.result.components
        found = components.get("self_check") or components.get(self._settings.retry.answer)
        if found is not None:
            return None if found.value is None else float(found.value == 1.0)
        verdict = await self.answer(retry.response or "")
        return None if verdict.right is None else float(verdict.right)

    def without(self, status: str, reason: str) -> Outcome:
        """The outcome of a rollout that could not be asked about to the end."""
        return self._told(Outcome(status=status, reason=reason))

    def _told(self, outcome: Outcome) -> Outcome:
        return msgspec.structs.replace(outcome, worker=WORKER, client=self._client.stats.flat())

    def _sample(self, first: str, retry: Retry | None = None) -> Rollout:
        return sampled(self._truth, self._id, self._group_id, first, retry)


def refused(error: TruthError) -> Outcome:
    """The outcome of a rollout whose ground truth cannot be read."""
    return Outcome(status=REFUSED, reason=str(error), worker=WORKER)
