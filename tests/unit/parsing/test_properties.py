"""What holds of every text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreward.parsing import PROBLEMS, parse

NAMES = ("loc", "visual", "vis", "knowledge", "kno", "con", "answer", "think", "response", "location", "ref", "box")
TAGS = [f"<{slash}{name}>" for name in NAMES for slash in ("", "/")]
BITS = [
    *('{"box_2d": [1, 2, 3, 4], "label": "x"}', '{"bbox_2d": [1,2,', '"bbox_xyxy_pixel": [[1,2,3,4]]', '"label": "y"'),
    *("[1, 2, 3, 4]", "(1,2),(3,4)", "[", "]", "{", "}", '"', "<", ">", "</", "**", "```json\n", "```", "\\"),
    *("user\n", "\nassistant\n", "system\n", "<|im_start|>assistant\n", "<|im_end|>", "User: ", "\nAssistant: "),
    *(
        "assistant\n",
        "\nuser\n",
        "Human",
        "{box_2d: [1, 2, 3, 4]}",
        r"{\"BOX_2D\": [1,2,3,4], \"label\": \"a\"}",
        "</s>",
    ),
    *(" ", "\n", "B", "No", "1e999", "NaN", "\x00", "\ud800", "\u200f", "\u0130", "\u017f", "\u212a"),
]
WOVEN = st.lists(st.sampled_from(TAGS + BITS), max_size=30).map("".join)
ANY = st.text(st.characters(codec=None), max_size=80)


@settings(max_examples=400, deadline=None)
@given(st.one_of(WOVEN, ANY, st.tuples(WOVEN, ANY, WOVEN).map("".join)))
def test_any_text_is_parsed_and_spans_lie_in_it(text: str) -> None:
    found = parse(text)
    start, end = found.body
    assert found.source == text
    assert 0 <= start <= end <= len(text)
    for stage in found.stages:
        assert start <= stage.span[0] <= stage.span[1] <= end
        assert stage.text == text[slice(*stage.span)].strip()
    for region in found.regions:
        assert start <= region.span[0] <= region.span[1] <= end
        if region.box is not None:
            x1, y1, x2, y2 = region.box
            assert 0 <= x1 < x2
            assert 0 <= y1 < y2
    for problem in found.problems:
        assert problem.code in PROBLEMS
        assert 0 <= problem.span[0] <= problem.span[1] <= len(text)
    assert any(problem.code.startswith("box_") for problem in found.problems) or all(r.box for r in found.regions)
    assert found.answer is None or found.answer.strip() == found.answer != ""
    assert found.answer is not None or found.problems
    assert parse(text) == found


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TAGS + BITS), st.booleans()), max_size=25))
def test_letter_case_of_tags_does_not_matter(bits: list[tuple[str, bool]]) -> None:
    lower = parse("".join(bit for bit, _ in bits))
    mixed = parse("".join(bit.upper() if raised and bit in TAGS else bit for bit, raised in bits))
    upper = parse("".join(bit.upper() if bit in TAGS else bit for bit, _ in bits))
    assert lower.regions == mixed.regions == upper.regions
    assert [p.code for p in lower.problems] == [p.code for p in mixed.problems] == [p.code for p in upper.problems]
    if lower.dialect != "plain":
        assert lower.answer == mixed.answer == upper.answer


@settings(max_examples=100, deadline=None)
@given(WOVEN)
def test_appending_after_the_turn_of_a_transcript_changes_nothing(text: str) -> None:
    if any(role in text for role in ("user", "system", "assistant", "User", "Assistant", "<|im_")):
        return
    inside = parse(f"user\nq\nassistant\n{text}\nuser\n<answer>X</answer>")
    alone = parse("." + text)
    said = text.partition("</s>")[0]
    if "think" in said or "answer" in said:
        assert inside.answer == alone.answer
    assert [region.box for region in inside.regions] == [region.box for region in alone.regions]


FLOODS = [
    *("<", "[", "{", '"', "(", " ", "\n", "1", "1,", "*", "`", "\\", "\x00", "\ud800", "\u200f", "</", "<a", "<answ"),
    *("<LOC>", "</LOC>", "<LOC ", "<answer>", "<answer>A</answer>", "<answer><loc></answer>", "<think></think>"),
    *("<response></think>", "<box>", "<ref>", "<location><box>", "<box>[1,2,3,4]</box>", "<LOC></VISUAL>"),
    *('{"box_2d":', '"box_2d":[', '"label":"', '"label": "x"', '{"bbox_2d": [[', '"box_2d"  :  ', '"bbox_2d": 1 '),
    *("user\n", "\nassistant\n", "\nAssistant:", "<|im_start|>", "<|im_start|>assistant", "</s>", "x</s>", "</s> x "),
    *(
        "\nassistant\n</think>",
        "<think>\nassistant\n</think>",
        "\nuser\n",
        "\nuser\n</loc>",
        "\nUser:</loc>",
        "xassistant",
    ),
    *(" user assistant ", "<|", "}{", "{}", "box_2d: [", '"label": "\\', r"\"label\": \"", "label: '", "[1,2,3,4] 5, "),
    *("\u200b", "[[", "]", "<think><location><box>[1,2,3,4]</box></location></think>", "and "),
]
PREFIXES = ["", "<think>x</think>", "<location><box>", '<LOC>{"box_2d": [', "user\n", "User: ", "system a user "]
PREFIXES += ["system\nx\nuser\ny", "user\nq\nassistant\n", "Assistant: ", "<LOC>_"]


@pytest.mark.parametrize("flood", FLOODS)
def test_megabyte_of_anything_is_parsed_in_linear_time(flood: str) -> None:
    for prefix in PREFIXES:
        text = prefix + flood * (1_000_000 // len(flood))
        began = time.perf_counter()
        found = parse(text)
        # a guard against hanging, far above the tens of milliseconds it takes
        assert time.perf_counter() - began < 2
        assert len(found.regions) <= 512
        assert len(found.problems) <= 65
