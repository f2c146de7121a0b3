"""What must hold of every text and every body. Each check raises AssertionError, or lets through what it met."""

from __future__ import annotations

import math
import re
import time
from typing import Any, Final

import msgspec

from medreward.contract import codec
from medreward.contract.codec import Limits
from medreward.contract.errors import RequestError, ServiceError
from medreward.judge.clean import clean
from medreward.judge.prompt import render
from medreward.judge.rubrics import load_rubrics
from medreward.judge.types import Completion
from medreward.judge.verdict import read
from medreward.parsing import PROBLEMS, parse
from medreward.scorer import ScorerAsk
from tests.fuzz.scoring import RECIPES, REFERENCES, Bench, encoder, rollout

MOST_S: Final = 1.0
"""CPU time of one short text, all checks of it; a hundred times what it takes"""
_MAX_TOKENS: Final = 96
_encoder = encoder(_MAX_TOKENS)
_PROMPTS: Final = [
    render(rubric, dict.fromkeys(rubric.fields, "x"), explain=explain)
    for rubric in load_rubrics().values()
    for explain in (False, True)
]
_ROLE: Final = re.compile("user|human|assistant|system|developer|<[|/s]", re.IGNORECASE)
_LIMITS: Final = Limits(rollouts=8, text_chars=5000)


def check_parsing(text: str) -> None:
    """A text is parsed; spans lie in it; the same text is parsed alike; white space around it changes no answer."""
    found = parse(text)
    start, end = found.body
    assert 0 <= start <= end <= len(text)
    for stage in found.stages:
        assert start <= stage.span[0] <= stage.span[1] <= end
    for region in found.regions:
        assert start <= region.span[0] <= region.span[1] <= end
        assert region.box is None or all(0 <= corner < math.inf for corner in region.box)
    for problem in found.problems:
        assert problem.code in PROBLEMS
        assert 0 <= problem.span[0] <= problem.span[1] <= len(text)
    assert found.answer is not None or found.problems
    assert parse(text) == found
    # what begins with a role may be a transcript, where lines count
    if _ROLE.search(text) is None:
        assert parse(f" \n{text} \n").answer == found.answer


def check_scoring(bench: Bench, text: str, turn: int) -> None:
    """A text is scored: each value in [0, 1] or absent with a reason, the same twice, as a reply that JSON can hold."""
    if not text.isascii():
        # half of a surrogate pair comes out of no decoder
        text = text.encode("utf-8", "replace").decode()
    recipe, question_type = RECIPES[turn % 3], list(REFERENCES)[turn % 4]
    body = codec.encode(_request(recipe, question_type, text))
    reply = bench.score(body).reply
    (result,) = reply["results"]
    for name, component in result["components"].items():
        if component["status"] == "ok":
            assert 0.0 <= component["value"] <= 1.0, name
        else:
            assert "value" not in component, name
            assert component["detail"], name
            assert "failed" not in component["detail"], component["detail"]
    weighed = [part for part in result["components"].values() if "applies_to" not in part and part["weight"]]
    assert ("reward" in result) == all(part["status"] == "ok" for part in weighed)
    assert bench.score(body).reply["results"] == reply["results"]


def _request(recipe: str, question_type: str, text: str) -> Any:
    from medreward.contract import types as t

    one = rollout(question_type, text, retry=t.Retry(text, text) if len(text) % 3 == 0 else None)
    return t.ScoreRequest(recipe=recipe, rollouts=[one], deadline_ms=600_000, explain=len(text) % 2 == 0)


def check_reply(text: str) -> None:
    """What an engine wrote is a verdict on the menu or none."""
    for prompt in _PROMPTS:
        for finish in ("stop", "length"):
            try:
                verdict = read(prompt, Completion(text, finish))
            except ServiceError as error:
                if error.status != "unparseable_verdict":
                    raise AssertionError(f"status {error.status}") from error
                continue
            assert bool(verdict.scores) != (verdict.choice is not None)
            for name, score in verdict.scores.items():
                assert prompt.rubric.scores is not None
                assert name in prompt.rubric.scores
                assert 1 <= score <= 10


def check_cleaning(text: str) -> None:
    """A field of a prompt is within its limit, and clean when it was cleaned."""
    cleaned = clean(text, 100)
    assert len(cleaned.text) <= 100
    assert clean(cleaned.text, 100).text == cleaned.text


def check_encoding(text: str) -> None:
    """A trajectory is encoded in no more tokens than there is room for."""
    half = len(text) // 2
    ask = ScorerAsk(text[:half], (("visual", text[half:]), ("conclusion", text), ("visual", text)), text[:20])
    (encoded,) = _encoder.encode([ask])
    assert len(encoded.ids) <= _MAX_TOKENS
    assert 0 < encoded.first <= len(encoded.ids)


def check_body(body: bytes) -> str:
    """A body is decoded or refused, in few words; what is decoded is decoded alike again. Returns what happened."""
    refused: list[str] = []
    for decode in (
        codec.decode_request,
        codec.decode_rollout,
        lambda body, limits: codec.decode_judge_request(body, "semantics", limits),
    ):
        try:
            request = decode(body, _LIMITS)
        except RequestError as error:
            refused.append(error.code.value)
            if len(msgspec.json.encode(error.body())) >= 2000:
                raise AssertionError("a refusal of many words") from error
            continue
        again = codec.encode(request)
        assert codec.encode(decode(again, _LIMITS)) == again
    return refused[0] if len(refused) == 3 else "decoded"


def check_text(bench: Bench, text: str, turn: int = 0) -> None:
    """All that concerns a text, within its time."""
    began = time.process_time()
    check_parsing(text)
    check_reply(text)
    check_cleaning(text)
    check_encoding(text)
    check_scoring(bench, text, turn)
    assert time.process_time() - began < MOST_S
