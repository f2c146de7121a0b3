"""What goes to an engine and what comes back: a rubric's :class:`Prompt`, a :class:`Completion`, a :class:`Verdict`.

Rubric and fields -> ``prompt.render`` -> Prompt -> ``Engine.complete`` -> Completion -> ``verdict.read`` -> Verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from medreward.contract.errors import ServiceError

if TYPE_CHECKING:
    from medreward.contract.types import Status
    from medreward.judge.rubrics import Rubric
    from medreward.scoring.deadline import Deadline


class Message(NamedTuple):
    """A turn of the chat that an engine is given."""

    role: Literal["system", "user"]
    content: str


class Prompt(NamedTuple):
    """One judgement, ready to be asked. With the engine's identity it determines the verdict."""

    rubric: Rubric
    fields: Mapping[str, str]
    """the rubric's fields, cleaned and cut to their limits, in their own roles also when ``swapped``"""
    swapped: bool
    """the rubric's two answers stand in each other's place in ``messages``"""
    messages: tuple[Message, ...]
    constraint: str
    """regular expression of the whole reply with its reason; an engine that stops early writes a prefix of such"""
    begins: str
    """how every such reply begins, if all begin alike; an engine that can go on from there need not write it"""
    stop: tuple[str, ...]
    """strings that end the reply: after the last score, unless the reason is wanted"""
    max_tokens: int
    top_logprobs: int
    """alternatives to report for each token; 0 for none"""
    cut: tuple[str, ...]
    """names of the fields that were over their limit"""


class Token(NamedTuple):
    """A token of a completion and what else could have stood there."""

    text: str
    logprob: float
    top: Sequence[tuple[str, float]]
    """alternatives, this one among them: text and natural logarithm of the probability"""


class Completion(NamedTuple):
    """What an engine wrote."""

    text: str
    finish: str
    """``stop``: it ended by itself or at a stop string; ``length``: it was cut at ``max_tokens``"""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """of the prompt's tokens, those found in the engine's prefix cache"""
    completion_tokens: int = 0
    tokens: Sequence[Token] = ()
    """with log probabilities, where they were asked for; their texts joined start with ``text``"""
    attempts: int = 1
    """calls of the engine that it took"""


class Verdict(NamedTuple):
    """What a completion says, on the rubric's menu. Either ``scores`` or ``choice`` is there."""

    scores: Mapping[str, int]
    """by the rubric's score names, swapped back where the prompt was swapped"""
    choice: str | None
    """letter of the option"""
    reason: str | None
    """only where it was asked for"""
    distributions: Mapping[str, Mapping[int, float]]
    """for each score its probabilities, which sum to 1; one that the log probabilities do not tell is absent"""


class Keeper(Protocol):
    """Somebody who keeps what engines write."""

    def replied(
        self,
        prompt: Prompt,
        key: str,
        completion: Completion,
        said: Verdict | ServiceError,
        fingerprint: Mapping[str, str],
    ) -> None:
        """The engine answered a prompt. Never waits, and never raises.

        Args:
            prompt: that it was given.
            key: hash of all that the answer depends on.
            completion: what it wrote.
            said: the verdict, or why it is none.
            fingerprint: what verdicts under the prompt's rubric depend on.
        """


class EngineError(ServiceError):
    """An engine could not answer one prompt."""

    def __init__(
        self, status: Status, detail: str, *, retryable: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(status, detail)
        self.retryable = retryable
        """whether asking again can help and is safe"""
        self.retry_after_s = retry_after_s
        """what the engine asks for, in seconds"""

    def __reduce__(self) -> tuple[Any, ...]:
        return _engine_error, (self.status, self.detail, self.retryable, self.retry_after_s)


def _engine_error(status: Status, detail: str, retryable: bool, retry_after_s: float | None) -> EngineError:
    return EngineError(status, detail, retryable=retryable, retry_after_s=retry_after_s)


class Meter(Protocol):
    """Who wants to know what a judge is doing."""

    def queue(self, waiting: int, inside: int) -> None:
        """So many calls wait for the engine, and so many are in it, from now on."""

    def margins(self, points: Sequence[float]) -> None:
        """How far the rulings of a batch lie from the border between 1 and 0, in points."""


class Engine(Protocol):
    """Something that answers prompts."""

    async def start(self) -> None:
        """Learns what :meth:`identity` tells; awaited before the first prompt.

        Raises:
            EngineError: it cannot be learned.
        """

    async def refresh(self) -> None:
        """Looks again at what :meth:`identity` tells, where that can change under us; never raises."""

    def identity(self) -> Mapping[str, str]:
        """What its answers depend on: ``engine``, ``model``, ``revision``, ``engine_version``, ``sampling``."""

    async def ready(self) -> None:
        """Returns when it answers.

        Raises:
            EngineError: why it does not; ``retryable`` when it may soon.
        """

    async def complete(self, prompt: Prompt, deadline: Deadline) -> Completion:
        """Answers before the deadline. When it is cancelled, the work behind it is aborted.

        Raises:
            EngineError: ``timeout``, ``overloaded`` or ``unavailable``.
        """

    async def close(self) -> None:
        """Gives back connections."""
