"""Tags that are unclosed, stray, nested, out of order: problems, never exceptions."""

from __future__ import annotations

import pytest

from medreward.parsing import Trajectory, parse
from medreward.parsing.tags import NAMES, TAG


def codes(found: Trajectory) -> list[str]:
    return [problem.code for problem in found.problems]


def stages(found: Trajectory) -> list[tuple[str, str]]:
    return [(stage.name, stage.text) for stage in found.stages]


@pytest.mark.parametrize("name", [*NAMES, "ref", "box"])
def test_every_spelling_is_a_tag(name: str) -> None:
    for tag in (f"<{name}>", f"</{name.upper()} >", f"<{name.title()}\n>"):
        assert TAG.fullmatch(tag)
    assert TAG.search(f"<{name}x> <x{name}> <{name[:-1]}> < {name}> <//{name}>") is None


REST = "<CON>c</CON><ANSWER>a</ANSWER>"


def test_forgotten_slash_is_one_problem_and_costs_no_stage() -> None:
    found = parse("<LOC>l</LOC><VISUAL>v</VISUAL><KNOWLEDGE> k <KNOWLEDGE>" + REST)
    assert [(problem.code, problem.message) for problem in found.problems] == [
        ("unclosed_tag", "<KNOWLEDGE> is never closed")
    ]
    assert stages(found) == [
        ("localization", "l"),
        ("visual", "v"),
        ("knowledge", "k"),
        ("conclusion", "c"),
        ("answer", "a"),
    ]


def test_unclosed_tag_is_a_problem_not_an_exception() -> None:
    found = parse('<LOC>{"box_2d": [1, 2, 3, 4]} l <VISUAL>v</VISUAL><KNOWLEDGE>k</KNOWLEDGE>' + REST)
    assert codes(found) == ["unclosed_tag"]
    assert stages(found)[:2] == [("localization", '{"box_2d": [1, 2, 3, 4]} l'), ("visual", "v")]
    assert len(found.regions) == 1
    assert found.answer == "a"


def test_every_stage_unclosed_keeps_each_text_up_to_the_next() -> None:
    found = parse("<LOC>l<VISUAL>v<KNOWLEDGE>k<CON>c<ANSWER>a")
    assert codes(found) == ["unclosed_tag"] * 5
    assert [text for _, text in stages(found)] == ["l", "v", "k", "c", "a"]
    assert found.answer is None


def test_unclosed_response_still_holds_its_parts() -> None:
    found = parse("<think>t</think><response><answer>B</answer><location><box>[1, 2, 3, 4]</box></location>")
    assert codes(found) == ["unclosed_tag"]
    assert found.answer == "B"
    assert found.stages[1].text.startswith("<answer>B")
    assert len(found.regions) == 1


def test_close_by_the_wrong_name_is_unclosed_and_stray() -> None:
    assert sorted(codes(parse("<LOC>l</VISUAL><VISUAL>v</VISUAL>" + REST))) == ["stray_close", "unclosed_tag"]


def test_stage_inside_a_stage_is_nested() -> None:
    found = parse("<LOC>l<VISUAL>v</VISUAL></LOC>" + REST)
    assert codes(found) == ["nested_tag"]
    assert found.problems[0].message == "<VISUAL> stands inside <LOC>"


def test_crossing_tags_are_unclosed_nested_and_stray() -> None:
    found = parse("<LOC>l<VISUAL>v</LOC>w</VISUAL>" + REST)
    assert sorted(codes(found)) == ["nested_tag", "stray_close", "unclosed_tag"]


@pytest.mark.parametrize(
    "text",
    [
        "<VISUAL>v</VISUAL><LOC>l</LOC>" + REST,
        "<LOC>l</LOC><ANSWER>a</ANSWER><CON>c</CON>",
        "<response><answer>a</answer></response><think>t</think>",
        "<response><location>none</location><answer>a</answer></response>",
        "<answer>a</answer><think>t</think>",
    ],
)
def test_parts_out_of_order_are_misordered(text: str) -> None:
    assert codes(parse(text)) == ["misordered_tag"]


def test_repeated_stage_is_a_problem_and_both_are_kept() -> None:
    found = parse("<LOC>l</LOC><LOC>m</LOC>" + REST)
    assert codes(found) == ["repeated_tag"]
    assert stages(found)[:2] == [("localization", "l"), ("localization", "m")]


def test_lvkc_rules_when_dialects_are_mixed() -> None:
    found = parse("<think>t</think><LOC>l</LOC>" + REST)
    assert (found.dialect, codes(found)) == ("lvkc", ["mixed_dialects"])


def test_thinking_begun_in_the_prompt_hides_its_boxes() -> None:
    found = parse(
        "t <box>[1, 2, 3, 4]</box></think><response><answer>B</answer>"
        "<location><box>[5, 6, 7, 8]</box></location></response>"
    )
    assert codes(found) == ["stray_close"]
    assert [region.box for region in found.regions] == [(5, 6, 7, 8)]


def test_box_without_its_close_still_counts() -> None:
    found = parse("<answer>B</answer><location><ref>a</ref><box>[1, 2, 3, 4]<ref>b</ref><box>[5, 6, 7, 8]</location>")
    assert codes(found) == ["unclosed_tag"] * 2
    assert [(region.label, region.box) for region in found.regions] == [("a", (1, 2, 3, 4)), ("b", (5, 6, 7, 8))]


def test_box_with_a_forgotten_slash_counts_once() -> None:
    found = parse("<answer>B</answer><location><box>[1, 2, 3, 4]<box></location>")
    assert [region.box for region in found.regions] == [(1, 2, 3, 4)]


def test_one_reference_may_have_several_boxes() -> None:
    found = parse("<answer>B</answer><location><ref>a</ref><box>[1, 2, 3, 4]</box><box>[5, 6, 7, 8]</box></location>")
    assert [region.label for region in found.regions] == ["a", "a"]
