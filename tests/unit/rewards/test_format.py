from __future__ import annotations

import pytest

from medreward.rewards.format import FormatParams, format_
from tests.unit.rewards.build import gemex, lvkc, sample

GOOD = lvkc()


@pytest.mark.parametrize(
    "response",
    [
        GOOD,
        f"An overview first. {GOOD}",
        GOOD.replace("</LOC>", "</LOC>\n\nand then "),
        GOOD.lower(),
        GOOD.replace("VISUAL", "VIS").replace("KNOWLEDGE", "KNO"),  # the released dialect
        lvkc(LOC='here {"box_2d": [9, 9, 5, 5], "label": "x"}'),  # a bad box costs in grounding, not here
    ],
)
def test_lvkc_built_as_asked_is_1(response: str) -> None:
    outcome = format_(sample(response), FormatParams(dialect="lvkc"))
    assert outcome.value == 1.0, outcome.detail


@pytest.mark.parametrize(
    ("response", "says"),
    [
        ("", "no localization, visual, knowledge, conclusion, answer"),
        ("B", "no localization"),
        (GOOD.replace("<KNOWLEDGE>air fills</KNOWLEDGE>", ""), "no knowledge"),
        (lvkc(VISUAL="  "), "VISUAL"),
        (GOOD.replace("</KNOWLEDGE>", "<KNOWLEDGE>"), "KNOWLEDGE"),
        (GOOD.replace("</ANSWER>", ""), "ANSWER"),
        (GOOD + "<CON>again</CON>", "CON"),
        ("<VISUAL>a</VISUAL><LOC>b</LOC><KNOWLEDGE>c</KNOWLEDGE><CON>d</CON><ANSWER>B</ANSWER>", "LOC"),
        ("<LOC>a<VISUAL>b</VISUAL></LOC><KNOWLEDGE>c</KNOWLEDGE><CON>d</CON><ANSWER>B</ANSWER>", "VISUAL"),
        (lvkc(answer=""), "ANSWER"),
        (lvkc(answer="``````"), "the answer says nothing"),
        (gemex(), "no localization"),
        (f"<think>x</think>{GOOD}", "think"),
    ],
)
def test_lvkc_built_otherwise_is_0_and_says_why(response: str, says: str) -> None:
    outcome = format_(sample(response), FormatParams(dialect="lvkc"))
    assert (outcome.status, outcome.value) == ("ok", 0.0)
    assert says.lower() in outcome.detail.lower()


def test_gemex_built_as_asked_is_1() -> None:
    assert format_(sample(gemex("B", [1, 2, 3, 4])), FormatParams(dialect="gemex")).value == 1.0


@pytest.mark.parametrize(
    "response",
    [
        GOOD,
        "<think>x</think><answer>B</answer>",
        gemex("B"),  # an empty location
        gemex("B", [1, 2, 3, 4], think=""),
        "<response><answer>B</answer><location><box>[1,2,3,4]</box></location></response><think>x</think>",
        "<think>x</think><response><location><box>[1,2,3,4]</box></location><answer>B</answer></response>",
        "<think>x</think><answer>B</answer><location><box>[1,2,3,4]</box></location><response>y</response>",
        gemex("B", [1, 2, 3, 4]).replace("</response>", ""),
        "<think>x</think><response>y</response><answer>B</answer><location>none</location>",
        gemex("``````", [1, 2, 3, 4]),
    ],
)
def test_gemex_built_otherwise_is_0(response: str) -> None:
    assert format_(sample(response), FormatParams(dialect="gemex")).value == 0.0


def test_auto_follows_the_response() -> None:
    assert format_(sample(GOOD), FormatParams()).value == 1.0
    assert format_(sample(gemex("B", [1, 2, 3, 4])), FormatParams()).value == 1.0
    assert format_(sample("B"), FormatParams()).detail.startswith("gemex: no think")
