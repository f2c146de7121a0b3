"""Every problem code has a meaning and a text that earns it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import medreward.parsing
from medreward.parsing import PROBLEMS, parse


def _located(content: str) -> str:
    return f"<answer>B</answer><location>{content}</location>"


EARNED = {
    "empty_response": " ",
    "no_assistant_turn": "system\nBe brief.\nuser\nIs it normal?",
    "unclosed_tag": "<LOC>x",
    "stray_close": "x</LOC>",
    "repeated_tag": "<LOC>x</LOC><LOC>y</LOC>",
    "nested_tag": "<LOC>x<VISUAL>y</VISUAL></LOC>",
    "empty_tag": "<LOC></LOC>",
    "misordered_tag": "<VISUAL>y</VISUAL><LOC>x</LOC>",
    "mixed_dialects": "<think>y</think><LOC>x</LOC>",
    "too_many_tags": "<LOC>x</LOC>" * 5000,
    "missing_answer": "<LOC>x</LOC>",
    "untagged_answer": "<think>x</think>B",
    "conflicting_answers": "<answer>A</answer><answer>B</answer>",
    "box_outside_location": "<answer>B</answer><box>[1, 2, 3, 4]</box>",
    "unreadable_location": _located("[1, 2, 3, 4]"),
    "box_unclosed": _located("<box>[1, 2, 3, 4</box>"),
    "box_not_a_number": _located("<box>[NaN, 2, 3, 4]</box>"),
    "box_malformed": _located("<box>[1, 2, 3, 4] 5</box>"),
    "box_boolean": _located("<box>[true, 2, 3, 4]</box>"),
    "box_wrong_count": _located("<box>[1, 2, 3]</box>"),
    "box_negative": _located("<box>[-1, 2, 3, 4]</box>"),
    "box_no_area": _located("<box>[3, 2, 1, 4]</box>"),
    "box_off_grid": '<LOC>{"box_2d": [1, 2, 3, 1004]}</LOC>',
    "box_too_large": _located("<box>[1, 2, 3, 4000000]</box>"),
    "too_many_boxes": _located("<box>[1, 2, 3, 4]</box>" * 513),
    "too_many_problems": "</LOC>" * 65,
}


def test_every_code_has_a_text_that_earns_it() -> None:
    assert EARNED.keys() == PROBLEMS.keys()


@pytest.mark.parametrize("code", EARNED)
def test_problem_is_named(code: str) -> None:
    text = EARNED[code]
    found = [problem for problem in parse(text).problems if problem.code == code]
    assert found
    assert found[0].message
    assert 0 <= found[0].span[0] <= found[0].span[1] <= len(text)


def test_every_code_in_the_source_is_in_the_table() -> None:
    named: set[str] = set()
    for path in Path(medreward.parsing.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add":
                named |= {str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant)}
            if (
                isinstance(node, ast.Constant)
                and str(node.value).startswith("box_")
                and node.value not in ("box_", "box_2d")
            ):
                named.add(str(node.value))
    assert named <= PROBLEMS.keys()
    assert len(named) >= len(PROBLEMS) - 1  # too_many_problems is made by the list itself


def test_problems_stop_at_the_limit() -> None:
    problems = parse("</LOC>" * 2000).problems
    assert len(problems) == 65
    assert sum(problem.code == "too_many_problems" for problem in problems) == 1


def test_answer_is_not_taken_from_a_flood_of_tags() -> None:
    assert parse("<answer>B</answer>" + "<LOC>x</LOC>" * 5000).answer is None
