from __future__ import annotations

import asyncio
import re
import time

import pytest

import medreward
from medreward.judge.embedded import EmbeddedEngine
from medreward.judge.prompt import render
from medreward.judge.rubrics import Rubric, load_rubrics
from medreward.judge.types import EngineError, Prompt
from medreward.scoring.deadline import Deadline

FIELDS = {"question": "What is seen?", "reference": "pleural effusion", "candidate": "pneumothorax"}
RIGHT = {**FIELDS, "candidate": "fluid in the pleural space"}
STAGES = {
    "question": "What is abnormal?",
    "reference": "right pleural effusion",
    "localization": "the right pleural space",
    "visual_analysis": "blunting and a pleural effusion on the right",
    "knowledge": "A pleural effusion is fluid in the pleural space.",
    "conclusion": "right pleural effusion",
}


def later() -> Deadline:
    return Deadline(time.monotonic() + 60)


def ask(prompt: Prompt) -> str:
    return asyncio.run(EmbeddedEngine().complete(prompt, later())).text


def rubric(name: str) -> Rubric:
    return load_rubrics([])[name]


def test_it_names_itself() -> None:
    who = EmbeddedEngine().identity()
    assert who["engine"] == "embedded"
    assert who["model"] == "medreward-embedded"
    assert re.fullmatch("[0-9a-f]{12}", who["revision"])
    assert who["engine_version"] == medreward.__version__
    assert who["sampling"] == "deterministic"


@pytest.mark.parametrize("name", ["semantics", "review", "trust", "stages"])
def test_the_whole_reply_has_the_rubrics_form(name: str) -> None:
    fields = {
        "semantics": RIGHT,
        "review": RIGHT,
        "trust": {
            "question": "What is seen?",
            "thinking": "There is a pleural effusion.",
            "answer": "pleural effusion",
        },
        "stages": STAGES,
    }[name]
    prompt = render(rubric(name), fields, explain=True)
    assert re.fullmatch(prompt.constraint, ask(prompt))


def test_an_early_stop_ends_behind_the_second_score() -> None:
    prompt = render(rubric("semantics"), FIELDS, explain=False)
    assert re.fullmatch(r'\{"assistant1":9,"assistant2":[1-7],', ask(prompt))


def test_early_and_whole_replies_have_the_same_scores() -> None:
    early = ask(render(rubric("semantics"), RIGHT, explain=False))
    assert ask(render(rubric("semantics"), RIGHT, explain=True)).startswith(early)


def test_swapped_scores_change_places() -> None:
    straight = ask(render(rubric("semantics"), FIELDS, explain=False))
    first, second = re.findall(r"(?<=:)\d+", straight)
    swapped = ask(render(rubric("semantics"), FIELDS, explain=False, swapped=True))
    assert swapped == f'{{"assistant1":{second},"assistant2":{first},'


def test_an_unknown_rubric_is_unavailable() -> None:
    other = render(rubric("semantics"), FIELDS)
    named = Rubric(**{field: getattr(other.rubric, field) for field in Rubric.__dataclass_fields__} | {"name": "own"})
    with pytest.raises(EngineError) as caught:
        ask(other._replace(rubric=named))
    assert caught.value.status == "unavailable"
    assert not caught.value.retryable


def test_a_passed_deadline_is_a_timeout() -> None:
    prompt = render(rubric("semantics"), FIELDS)
    with pytest.raises(EngineError) as caught:
        asyncio.run(EmbeddedEngine().complete(prompt, Deadline(time.monotonic() - 1)))
    assert caught.value.status == "timeout"


def test_a_reason_keeps_no_quote_of_the_candidate() -> None:
    fields = {**FIELDS, "reference": 'a "quoted\\" thing', "candidate": 'other "x\\" \n words'}
    prompt = render(rubric("semantics"), fields, explain=True)
    assert re.fullmatch(prompt.constraint, ask(prompt))
