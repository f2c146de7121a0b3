"""What the judge's engine wrote -> rows: the raw side of every verdict, once, however often the verdict is used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from medreward.contract.errors import ServiceError
from medreward.judge.expected import expected
from medreward.judge.types import Completion, Prompt, Verdict
from medreward.observability.audit.fingerprints import Fingerprints
from medreward.observability.audit.ingress import encode, scores
from medreward.observability.audit.log import AuditLog, Entry
from medreward.observability.audit.rows import ReplyRow

_RECORD_BYTES = 1000  # of a row, about, without its texts


class ReplyAudit:
    """The judge's side of the audit log: a :class:`medreward.judge.types.Keeper`."""

    def __init__(self, log: AuditLog, *, texts: bool) -> None:
        """``texts``: prompts are kept too."""
        self._log = log
        self._texts = texts

    def replied(
        self,
        prompt: Prompt,
        key: str,
        completion: Completion,
        said: Verdict | ServiceError,
        fingerprint: Mapping[str, str],
    ) -> None:
        """See :meth:`medreward.judge.types.Keeper.replied`."""
        size = _RECORD_BYTES + len(completion.text)
        if self._texts:
            size += sum(len(message.content) for message in prompt.messages)
        # what no row will hold would take memory that the queue does not count
        asked = prompt._replace(fields={}, constraint="", messages=prompt.messages if self._texts else ())
        # the tokens are read already, and many
        written = completion._replace(tokens=())
        reply = _Reply(datetime.now(UTC), asked, key, written, said, fingerprint, self._texts)
        self._log.offer(Entry("replies", 1, size, reply.lines))

    def close(self) -> None:
        """See :meth:`AuditLog.close`."""
        self._log.close()


class _Reply(NamedTuple):
    at: datetime
    prompt: Prompt
    key: str
    completion: Completion
    said: Verdict | ServiceError
    fingerprint: Mapping[str, str]
    texts: bool

    def lines(self, fingerprints: Fingerprints) -> bytes:
        """The row."""
        prompt, completion = self.prompt, self.completion
        verdict = self.said if isinstance(self.said, Verdict) else None
        row = ReplyRow(
            replied_at=self.at,
            key=self.key,
            rubric=prompt.rubric.name,
            prompt_hash=prompt.rubric.hash,
            fingerprint=fingerprints.keep(self.fingerprint, {}),
            swapped=prompt.swapped,
            status=self.said.status if isinstance(self.said, ServiceError) else "ok",
            detail=self.said.detail if isinstance(self.said, ServiceError) else None,
            reply=completion.text,
            finish=completion.finish,
            attempts=completion.attempts,
            prompt_tokens=completion.prompt_tokens,
            cached_tokens=completion.cached_tokens,
            completion_tokens=completion.completion_tokens,
            scores=scores(verdict.scores) if verdict else [],
            expected=scores({name: expected(found) for name, found in verdict.distributions.items()})
            if verdict
            else [],
            choice=verdict.choice if verdict else None,
            prompt=msgspec.json.encode([message._asdict() for message in prompt.messages]).decode()
            if self.texts
            else None,
        )
        return encode(iter([row]))
