"""Which text is the answer."""

from __future__ import annotations

import pytest

from medreward.parsing import parse

CASES: list[tuple[str, str | None, list[str]]] = [
    # one answer
    ("<answer> A </answer>", "A", []),
    ("<ANSWER>A</ANSWER >", "A", []),
    ("<answer>**A**</answer>", "A", []),
    ("<answer>**A** and **B**</answer>", "**A** and **B**", []),
    ("<answer>```\nA\n```</answer>", "A", []),
    ("<answer>```json\n[1]\n```</answer>", "[1]", []),
    ("<answer>nodule <5 mm, A<B, a > b</answer>", "nodule <5 mm, A<B, a > b", []),
    ("<answer>see <b>this</b> and <foo></answer>", "see <b>this</b> and <foo>", []),
    ("<answer>&lt;b&gt;</answer>", "&lt;b&gt;", []),
    # where it stands
    ("<think>so the answer is:\n<answer>B) No</answer>\n</think>", "B) No", ["nested_tag"]),
    ("<think>so\n<answer>B</answer>", "B", ["unclosed_tag"]),
    ("<location><answer>B</answer></location>", "B", ["nested_tag", "misordered_tag"]),
    ("<answer>B <location>[x]</location></answer>", "B", ["nested_tag"]),
    ("<answer>B</con></answer>", "B", ["stray_close"]),
    ("<answer>fluid, <ref>left</ref><box>[1, 2, 3, 4]</box></answer>", "fluid, left", ["box_outside_location"]),
    # in the thinking and outside it
    ("<think>maybe <answer>A</answer></think><answer>B</answer>", "B", ["nested_tag", "repeated_tag"]),
    ("maybe <answer>A</answer></think><answer>B</answer>", "B", ["stray_close", "repeated_tag"]),
    (
        "<think><response><answer>A</answer></response></think><answer>B</answer>",
        "B",
        ["nested_tag", "repeated_tag"],
    ),
    ("<think>maybe <answer>A</answer></think><answer>B", None, ["nested_tag", "unclosed_tag", "repeated_tag"]),
    (
        "<think><answer>A</answer> or <answer>C</answer></think> C",
        None,
        ["nested_tag", "nested_tag", "repeated_tag", "conflicting_answers"],
    ),
    (
        "<think>maybe <answer>A</answer></think><answer>B</answer><answer>C</answer>",
        None,
        ["nested_tag", "repeated_tag", "repeated_tag", "conflicting_answers"],
    ),
    # several
    ("<answer>Yes</answer> or <answer> yes\n</answer>", "Yes", ["repeated_tag"]),
    ("<answer>Yes</answer><answer>No</answer>", None, ["conflicting_answers", "repeated_tag"]),
    ("<answer>A</answer><answer></answer>", None, ["conflicting_answers", "repeated_tag", "empty_tag"]),
    ("<answer>A <answer>B</answer></answer>", None, ["conflicting_answers", "nested_tag", "repeated_tag"]),
    ("<answer><answer>B</answer></answer>", "B", ["nested_tag", "repeated_tag"]),
    # broken off
    ("<answer>A", None, ["unclosed_tag"]),
    ("<answer>A<answer>", None, ["unclosed_tag"]),
    ("<answer>A<answer>B</answer>", None, ["unclosed_tag", "repeated_tag"]),
    ("<answer>A</answer><answer>A", None, ["unclosed_tag", "repeated_tag"]),
    ("<response><answer>A<location></location></response>", None, ["unclosed_tag", "empty_tag"]),
    (
        "<think>I must use <answer> here</think><answer>B</answer>",
        "B",
        ["unclosed_tag", "nested_tag", "repeated_tag"],
    ),
    # none
    ("<answer> </answer>", None, ["empty_tag"]),
    ("<answer>", None, ["unclosed_tag"]),
    ("A</answer>", None, ["missing_answer", "stray_close"]),
    ("<LOC>x</LOC> A", None, ["missing_answer"]),
    ("<think>x</think><LOC>x</LOC> A", None, ["missing_answer", "mixed_dialects"]),
    ("<think>the answer is B</think>", None, ["missing_answer"]),
    ("<think>the answer is B", None, ["unclosed_tag", "missing_answer"]),
    ("<think>x</think><response>B</response>", None, ["missing_answer"]),
    ("<location>none</location> B", None, ["missing_answer"]),
    ("<answer>\u200b</answer>", None, ["empty_tag"]),
    ("<answer>\ufeff \x00</answer>", None, ["empty_tag"]),
    ("<answer>\u200bA</answer>", "\u200bA", []),
    ("<LOC>\u200b</LOC><ANSWER>A</ANSWER>", "A", ["empty_tag"]),
    ("<think>x</think>\u200b", None, ["missing_answer"]),
    # untagged
    ("<think>x</think>\n**B**\n", "B", ["untagged_answer"]),
    ("x</think> B", "B", ["stray_close", "untagged_answer"]),
    (
        "<think>x</think> B <location><box>[1, 2, 3, 4]</box></location> indeed",
        "B indeed",
        ["untagged_answer"],
    ),
    ("<think>x</think> y <think>z</think> B", "B", ["untagged_answer", "repeated_tag"]),
    # no tags
    ("  The lungs are clear.\n", "The lungs are clear.", []),
    ("a < b > c", "a < b > c", []),
    ("", None, ["empty_response"]),
    (" \n\t", None, ["empty_response"]),
    ("\ufeff\u200b\x00", None, ["empty_response"]),
    ("<box>[1, 2, 3, 4]</box>", None, ["missing_answer", "box_outside_location"]),
]


@pytest.mark.parametrize(("text", "answer", "codes"), CASES, ids=[case[0][:50] for case in CASES])
def test_answer_of(text: str, answer: str | None, codes: list[str]) -> None:
    found = parse(text)
    assert found.answer == answer
    assert sorted(problem.code for problem in found.problems) == sorted(codes)


def test_tag_letters_are_ascii_letters() -> None:
    for text in ("<respon\u017fe>x</respon\u017fe>", "<\u212ano>x</\u212ano>", "<an\u017fwer>x</an\u017fwer>"):
        assert parse(text).dialect == "plain"


def test_tags_with_white_space_before_the_name_or_attributes_are_text() -> None:
    for text in ("< answer>x</ answer>", "<answer id=1>x", "<answers>x</answers>", "<answer/>"):
        assert parse(text).answer == text
