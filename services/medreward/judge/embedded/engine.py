"""The embedded engine: the rules of this package behind the judge's Protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import medreward
from medreward.judge.types import Completion, EngineError, Prompt
from medreward.scoring.deadline import Deadline

from .reply import write
from .review import review
from .semantics import judge
from .stages import stages
from .trust import trust

MODEL = "medreward-embedded"
Answer = tuple[dict[str, int | str], str]


def _semantics(fields: Mapping[str, str]) -> Answer:
    found = judge(fields.get("question", ""), fields["reference"], fields["candidate"])
    return {"assistant1": found.reference, "assistant2": found.candidate}, found.reason


def _review(fields: Mapping[str, str]) -> Answer:
    letter, reason = review(fields.get("question", ""), fields["reference"], fields["candidate"])
    return {"verdict": letter}, reason


def _trust(fields: Mapping[str, str]) -> Answer:
    letter, reason = trust(fields.get("question", ""), fields["thinking"], fields["answer"])
    return {"verdict": letter}, reason


def _stages(fields: Mapping[str, str]) -> Answer:
    scores, reason = stages(fields)
    return dict(scores), reason


RUBRICS: dict[str, Callable[[Mapping[str, str]], Answer]] = {
    "semantics": _semantics,
    "review": _review,
    "trust": _trust,
    "stages": _stages,
}


class EmbeddedEngine:
    """Judges by rules and a vocabulary: deterministic, no model, no network, no state but bounded caches."""

    async def start(self) -> None:
        """Reads the vocabulary's files for the revision, so that the first prompt does not."""
        revision()

    async def refresh(self) -> None:
        """Nothing that changes under us."""

    async def ready(self) -> None:
        """Always."""

    def identity(self) -> Mapping[str, str]:
        """What the answers depend on; the revision is a hash of the rules and the vocabulary."""
        return {
            "engine": "embedded",
            "model": MODEL,
            "revision": revision(),
            "engine_version": medreward.__version__,
            "sampling": "deterministic",
        }

    async def complete(self, prompt: Prompt, deadline: Deadline) -> Completion:
        """Answers by rule, in well under a millisecond.

        Raises:
            EngineError: ``timeout`` when the deadline has passed; ``unavailable`` for a rubric it does not know.
        """
        answer = RUBRICS.get(prompt.rubric.name)
        if answer is None:
            known = ", ".join(RUBRICS)
            raise EngineError("unavailable", f"the embedded judge knows only the rubrics {known}")
        if deadline.expired:
            raise EngineError("timeout", "the deadline had passed before the embedded judge was asked")
        verdict, reason = answer(prompt.fields)
        if prompt.swapped and prompt.rubric.swap is not None:
            verdict = _exchanged(verdict)
        return Completion(write(verdict, reason, whole=not prompt.stop), "stop")

    async def close(self) -> None:
        """Nothing to give back."""


def _exchanged(verdict: dict[str, int | str]) -> dict[str, int | str]:
    """The first two scores in each other's place."""
    first, second, *_ = verdict
    return {**verdict, first: verdict[second], second: verdict[first]}


@cache
def revision() -> str:
    """Hash of every rule and vocabulary file of this package, 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, content in sorted(_contents(files(__package__), "")):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:12]


def _contents(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                found += _contents(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".py", ".txt")):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found
