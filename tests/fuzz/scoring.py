"""One rollout through the whole pipeline, in this process: decoded, scored with judge and encoding, encoded again."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from medreward.assembly import build_judge, build_pipeline
from medreward.config import load_settings
from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.codec import Limits
from medreward.rewards.types import scored
from medreward.scorer import ScorerAsk, Scores
from medreward.scorer.encoding import Encoder
from medreward.scoring.deadline import Deadline

RECIPES: Final = ("gemex", "medsage", "medsage-released")
CHOICES: Final = {"A": "Pleural effusion", "B": "Focal consolidation", "C": "Pneumothorax", "D": "Clear lungs"}
REFERENCES: Final = {
    "open_ended": "left pleural effusion",
    "closed_ended": "no",
    "single_choice": "B",
    "multi_choice": "A, C",
}
"""question type -> the right answer"""
RESPONSES: Final[dict[str, Callable[[str], str]]] = {
    "alone": lambda text: text,
    "as the answer": lambda text: f"<think>x</think><response><answer>{text}</answer></response>",
    "in thought": lambda text: f"<think>{text}</think><response><answer>B</answer></response>",
    "as boxes": lambda text: f"<response><answer>B</answer><location>{text}</location></response>",
    "in stages": lambda text: (
        f"<LOC>{text}</LOC><VISUAL>{text}</VISUAL><KNOWLEDGE>k</KNOWLEDGE><CON>{text}</CON><ANSWER>B</ANSWER>"
    ),
    "in a transcript": lambda text: f"system\nYou are\nuser\nq\nassistant\n{text}",
}
"""where in a response a text stands; how often it stands there, :data:`TIMES` says"""
TIMES: Final = {"in stages": 3}
_BIG: Final = Limits(text_chars=4_000_000)


class _Words:
    """A tokenizer for which a word is a token: what is left to measure of the encoding is our own work."""

    cls_token_id, sep_token_id, bos_token_id, eos_token_id, pad_token_id = 1, 2, 1, 2, 0

    def __call__(self, texts: Sequence[str], **_: Any) -> dict[str, list[list[int]]]:
        return {"input_ids": [[3] * len(text.split()) for text in texts]}


def encoder(max_tokens: int) -> Encoder:
    """The scorer's own, over a tokenizer for which a word is a token."""
    return Encoder(_Words(), max_tokens)  # type: ignore[arg-type]


class _Encodes:
    """A scorer that encodes as the real one does, and runs no model."""

    problem = ""

    def __init__(self) -> None:
        self._encoder = encoder(512)

    def fingerprint(self) -> Mapping[str, str]:
        return {"checkpoint": "none"}

    async def score(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Scores:
        return Scores([scored(0.5, f"{len(one.ids)} tokens") for one in self._encoder.encode(asks)])


class Scored(NamedTuple):
    """What became of a rollout."""

    reply: dict[str, Any]
    """as a client reads it"""
    cpu_s: float
    """of this process, for decoding, scoring and encoding"""


class Bench:
    """The service's own path with the shipped recipes and the embedded judge, without cache and without sockets."""

    def __init__(self) -> None:
        """Starts an event loop of its own; :meth:`close` ends it."""
        settings = load_settings(judge={"cache": {"kind": "none"}})
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._open(settings))
        # what is there from now on is not gone through again and again
        gc.collect()
        gc.freeze()

    async def _open(self, settings: Any) -> None:
        judge = build_judge(settings.judge)
        self._pipeline = build_pipeline(settings, judge=judge, scorer=_Encodes())

    def close(self) -> None:
        """Ends the loop."""
        gc.unfreeze()
        self._loop.close()

    def score(self, body: bytes) -> Scored:
        """The body of ``POST /v1/score``, all the way to the reply's bytes.

        Raises:
            RequestError: the body is refused.
        """
        gc.collect()
        gc.disable()
        began = time.process_time()
        try:
            encoded = self._loop.run_until_complete(self._replied(body))
        finally:
            gc.enable()
        spent = time.process_time() - began
        return Scored(msgspec.json.decode(encoded), spent)

    async def _replied(self, body: bytes) -> bytes:
        request = codec.decode_request(body, _BIG)
        return codec.encode(await self._pipeline.score(request))


def body(recipe: str, rollout: t.Rollout, explain: bool = False) -> bytes:
    """The JSON of a request with one rollout. Halves of surrogate pairs, which no JSON can hold, are ``?``."""
    request = t.ScoreRequest(recipe=recipe, rollouts=[rollout], deadline_ms=600_000, explain=explain)
    return codec.encode(request)


def rollout(question_type: str, response: str, **fields: Any) -> t.Rollout:
    """A rollout of this type with all that a recipe may want; ``fields`` replace it."""
    made = t.Rollout(
        id="r",
        question="Which finding is seen in the left lung?",
        question_type=question_type,
        choices=CHOICES if question_type.endswith("choice") else None,
        response=response,
        reference=t.Reference(REFERENCES[question_type], [t.Region("lung", [150.0, 170.0, 258.0, 290.0])]),
        image=t.Image(336, 336),
    )
    return msgspec.structs.replace(made, **fields)


def cases(recipes: Sequence[str] = RECIPES) -> Iterator[tuple[str, str, str]]:
    """Every recipe with every question type and every place in the response."""
    for recipe in recipes:
        for question_type in REFERENCES:
            for place in RESPONSES:
                yield recipe, question_type, place


def response(place: str, text: Callable[[int], str], size: int) -> str:
    """A response of about ``size`` characters, most of it ``text``."""
    return RESPONSES[place](text(size // TIMES.get(place, 1)))
