"""A reply -> rows. The request's own task only hands over what it has; the rows are made in the log's thread."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from medreward.contract import types as t
from medreward.judge import Judgement
from medreward.observability.audit import rows
from medreward.observability.audit.fingerprints import Fingerprints
from medreward.observability.audit.log import AuditLog, Entry
from medreward.scoring.trail import Trail

_RECORD_BYTES = 1500
"""of a result and its row, about; the texts that a reply or a rollout carries come on top"""

_REGION = 250
"""bytes of a reference's region without its label, about"""

_ROWS_AT_A_TIME = 32  # about 0.1 ms of work

_encoder = msgspec.json.Encoder()


class Asked(NamedTuple):
    """By whom, and how."""

    protocol: str
    method: str
    request_id: str | None = None
    client: str | None = None
    """name of the API key"""


class Audit:
    """The ingress's side of the audit log."""

    def __init__(self, log: AuditLog, *, texts: bool) -> None:
        """``texts``: rollouts and fields are kept too."""
        self._log = log
        self._texts = texts

    def scored(self, asked: Asked, request: t.ScoreRequest, response: t.ScoreResponse, trail: Trail) -> None:
        """Keeps the results of a batch, which are in the order of the request."""
        size = _RECORD_BYTES * len(response.results)
        if self._texts or request.explain:
            size += sum(_chars(rollout) for rollout in request.rollouts)
        batch = _Batch(
            datetime.now(UTC),
            asked,
            response.results,
            response.fingerprint,
            trail.judgements,
            [rollout.group_id for rollout in request.rollouts],
            request.rollouts if self._texts else None,
        )
        self._log.offer(Entry("rollouts", len(response.results), size, batch.lines))

    def ruled(self, asked: Asked, request: t.JudgeRequest, response: t.JudgeResponse, trail: Trail) -> None:
        """Keeps the verdicts on the items of a request for the judge."""
        size = _RECORD_BYTES * len(response.verdicts)
        if self._texts or request.explain:
            size += sum(len(text) for item in request.items for text in item.fields.values())
        ruled = _Ruled(
            datetime.now(UTC),
            asked,
            request.rubric,
            response,
            trail.judgements,
            [item.fields for item in request.items] if self._texts else None,
        )
        self._log.offer(Entry("verdicts", len(response.verdicts), size, ruled.lines))

    def close(self) -> None:
        """See :meth:`AuditLog.close`."""
        self._log.close()


class _Batch(NamedTuple):
    at: datetime
    asked: Asked
    results: Sequence[t.Result]
    fingerprint: t.Fingerprint
    judgements: Mapping[tuple[int, str], Sequence[Judgement]]
    groups: Sequence[str]
    rollouts: Sequence[t.Rollout] | None

    def lines(self, fingerprints: Fingerprints) -> bytes:
        """A row for each result."""
        made = self.fingerprint
        return encode(self._rows(fingerprints.keep(made.judge, made.scorer, made.version)))

    def _rows(self, fingerprint: str) -> Iterator[rows.RolloutRow]:
        made = self.fingerprint
        for position, (result, group) in enumerate(zip(self.results, self.groups, strict=True)):
            yield rows.RolloutRow(
                scored_at=self.at,
                request_id=self.asked.request_id,
                client=self.asked.client,
                protocol=self.asked.protocol,
                method=self.asked.method,
                recipe=made.recipe,
                recipe_hash=made.recipe_hash,
                fingerprint=fingerprint,
                id=result.id,
                group_id=group,
                reward=result.reward,
                detail=result.detail,
                components=[
                    _component(name, component, self.judgements.get((position, name), ()))
                    for name, component in result.components.items()
                ],
                rollout=None if self.rollouts is None else _encoder.encode(self.rollouts[position]).decode(),
            )


class _Ruled(NamedTuple):
    at: datetime
    asked: Asked
    rubric: str
    response: t.JudgeResponse
    judgements: Mapping[tuple[int, str], Sequence[Judgement]]
    fields: Sequence[Mapping[str, str]] | None

    def lines(self, fingerprints: Fingerprints) -> bytes:
        """A row for each verdict."""
        return encode(self._rows(fingerprints.keep(self.response.fingerprint, {})))

    def _rows(self, fingerprint: str) -> Iterator[rows.VerdictRow]:
        for position, verdict in enumerate(self.response.verdicts):
            judgements = self.judgements.get((position, self.rubric), ())
            yield rows.VerdictRow(
                scored_at=self.at,
                request_id=self.asked.request_id,
                client=self.asked.client,
                protocol=self.asked.protocol,
                method=self.asked.method,
                rubric=self.rubric,
                prompt_hash=self.response.fingerprint.get("prompt_hash"),
                fingerprint=fingerprint,
                id=verdict.id,
                status=verdict.status,
                scores=scores(verdict.scores),
                choice=verdict.choice,
                label=verdict.label,
                value=verdict.value,
                margin=verdict.margin,
                detail=verdict.detail,
                reason=verdict.reason,
                judgement=_judgement(judgements[0]) if judgements else None,
                fields=None if self.fields is None else _encoder.encode(self.fields[position]).decode(),
            )


def encode(found: Iterator[msgspec.Struct]) -> bytes:
    """Rows as JSON lines. Between some of them the thread that answers requests gets its turn."""
    parts = []
    while some := list(itertools.islice(found, _ROWS_AT_A_TIME)):
        parts.append(_encoder.encode_lines(some))
        # lets go of the interpreter, which would be taken from this thread after 5 ms only
        time.sleep(0)
    return b"".join(parts)


def scores(given: Mapping[str, float]) -> list[rows.ScoreRow]:
    """Scores by name, as rows have them."""
    return [rows.ScoreRow(name, float(score)) for name, score in given.items()]


def _component(name: str, component: t.Component, judgements: Sequence[Judgement]) -> rows.ComponentRow:
    return rows.ComponentRow(
        name=name,
        status=component.status,
        value=component.value,
        weight=component.weight,
        detail=component.detail,
        applies_to=component.applies_to,
        judgements=[_judgement(one) for one in judgements],
    )


def _judgement(judgement: Judgement) -> rows.JudgementRow:
    return rows.JudgementRow(
        key=judgement.key,
        source=judgement.source,
        swapped_key=judgement.swapped_key or None,
        swapped_source=judgement.swapped_source or None,
        scores=scores(judgement.scores),
        margin=judgement.margin,
    )


def _chars(rollout: t.Rollout) -> int:
    retry = len(rollout.retry.self_check) + len(rollout.retry.response or "") if rollout.retry is not None else 0
    choices = sum(len(letter) + len(text) for letter, text in (rollout.choices or {}).items())
    reference = rollout.reference
    right = len(reference.answer) + sum(_REGION + len(one.label) for one in reference.regions) if reference else 0
    return len(rollout.response or "") + len(rollout.context or "") + len(rollout.question) + retry + choices + right
