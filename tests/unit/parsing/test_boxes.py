"""The numbers of a box: what is accepted, and what each bad one is called."""

from __future__ import annotations

import pytest

from medreward.parsing import Trajectory, parse

A, B = (1, 2, 3, 4), (5, 6, 7, 8)


def location(content: str) -> Trajectory:
    return parse(f"<answer>B</answer><location><ref>x</ref><box>{content}</box></location>")


@pytest.mark.parametrize(
    ("content", "boxes"),
    [
        ("[1, 2, 3, 4]", [A]),
        (" [ 1.0 , 2 ,3,\n4 ] ", [A]),
        ("1, 2, 3, 4", [A]),
        ("1 2 3 4", [A]),
        ("[1 2 3 4]", [A]),
        ("(1, 2, 3, 4)", [A]),
        ("[1,2,3,4],[5,6,7,8]", [A, B]),
        ("[1,2,3,4] and [5,6,7,8]", [A, B]),
        ("[[1,2,3,4],[5,6,7,8]]", [A, B]),
        ("[[1,2,3,4]]", [A]),
        ("(1,2),(3,4)", [A]),
        ("[(1,2),(3,4)]", [A]),
        ("(1,2),(3,4)(5,6),(7,8)", [A, B]),
        ("**[1, 2, 3, 4]**", [A]),
        ("`[1, 2, 3, 4]`", [A]),
        ("([1, 2], [3, 4])", [A]),
        ("**[1,2,3,4]**; **[5,6,7,8]**", [A, B]),
        ("**1, 2, 3, 4**", [A]),
        ("```json\n[1, 2, 3, 4]\n```", [A]),
        ("```\n1, 2, 3, 4\n```", [A]),
        ("[+1, 2e0, 3., 4]", [A]),
        ("[0, 0, .5, 1]", [(0, 0, 0.5, 1)]),
        ("[-0, 2, 3, 4]", [(0, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4]}', [A]),
    ],
)
def test_box_is_read(content: str, boxes: list[tuple[float, ...]]) -> None:
    found = location(content)
    assert [region.box for region in found.regions] == boxes
    assert found.problems == ()


BAD = [
    ("[NaN, 2, 3, 4]", "box_not_a_number"),
    ("[Infinity, 2, 3, 4]", "box_not_a_number"),
    ("[-inf, 2, 3, 4]", "box_not_a_number"),
    ("[1e999, 2, 3, 4]", "box_not_a_number"),
    ('["1", 2, 3, 4]', "box_not_a_number"),
    ("[null, 2, 3, 4]", "box_not_a_number"),
    ("[1_0, 2, 30, 4]", "box_not_a_number"),
    ("[0x1, 2, 3, 4]", "box_not_a_number"),
    ("[\u0661, 2, 3, 4]", "box_not_a_number"),
    ("[1,, 2, 3, 4]", "box_not_a_number"),
    ("[1px, 2px, 3px, 4px]", "box_not_a_number"),
    (f"[{'1' * 5000}, 2, 3, 4]", "box_not_a_number"),
    ("none", "box_not_a_number"),
    ("[true, 2, 3, 4]", "box_boolean"),
    ("[1, False, 3, 4]", "box_boolean"),
    ("[1, 2, 3]", "box_wrong_count"),
    ("[1, 2, 3, 4, 5]", "box_wrong_count"),
    ("[]", "box_wrong_count"),
    ("", "box_wrong_count"),
    ("[-1, 2, 3, 4]", "box_negative"),
    ("[1, 2, 3, -4]", "box_negative"),
    ("[3, 2, 1, 4]", "box_no_area"),
    ("[1, 4, 3, 2]", "box_no_area"),
    ("[1, 2, 1, 4]", "box_no_area"),
    ("[1, 2, 3, 2]", "box_no_area"),
    ("[0, 0, 1e-200, 1e-200]", "box_no_area"),
    ("[0, 0, 1e300, 1e300]", "box_too_large"),
    ("[1, 2, 3, 4", "box_unclosed"),
    ("[[1, 2, 3, 4", "box_unclosed"),
    ("[[1, 2, 3, 4]", "box_unclosed"),
    ("[1, 2, 3, 4]]", "box_malformed"),
    ("[1, 2, 3, 4)", "box_malformed"),
    ("[1, 2, 3, 4] 5", "box_malformed"),
    ("[1, 2, 3, 4], 5", "box_malformed"),
    ("[1, 2, [1, 2, 3, 4]]", "box_malformed"),
]
# what a JSON parser would call the end of another list
LOOSE = ("[1, 2, 3, 4]]", "[1, 2, 3, 4)")


@pytest.mark.parametrize(("content", "code"), BAD, ids=[case[0][:30] for case in BAD])
def test_bad_box_is_named_and_still_counts(content: str, code: str) -> None:
    found = location(content)
    assert [(region.label, region.box) for region in found.regions] == [("x", None)]
    assert [problem.code for problem in found.problems] == [code]


@pytest.mark.parametrize(
    ("content", "code"),
    [case for case in BAD if case[0].startswith("[") and "5000" not in case[0] and case[0] not in LOOSE],
)
def test_bad_json_box_is_named_the_same(content: str, code: str) -> None:
    found = parse(f'<answer>{{"bbox_2d": {content}, "label": "x"}}</answer>')
    assert [region.box for region in found.regions] == [None]
    assert [problem.code for problem in found.problems] == [code]


@pytest.mark.parametrize(
    "content",
    [
        "5 [1, 2, 3, 4]",
        "[1, 2, 3, 4] NaN",
        "lung [1, 2, 3, 4]",
        "[1, 2, 3, 4].",
        "[1, 2, 3, 4] android [5, 6, 7, 8]",
        "]1, 2, 3, 4[ [1, 2, 3, 4]",
        "[1, 2, 3, 4]" + "]" * 5000,
        "**[1, 2, 3, 4]** 5",
        '[1, 2, 3, 4] {"bbox_2d": [5, 6, 7, 8]}',
        '{"bbox_2d": [5, 6, 7, 8]} 5',
    ],
)
def test_box_with_more_than_its_list_is_none(content: str) -> None:
    found = location(content)
    assert A not in [region.box for region in found.regions]
    assert None in [region.box for region in found.regions]
    assert "box_malformed" in {problem.code for problem in found.problems}


def test_outer_list_that_is_never_closed_is_no_box() -> None:
    found = parse('<LOC>{"bbox_xyxy_pixel": [[1, 2, 3, 4], "label":"l"}</LOC><ANSWER>B</ANSWER>')
    assert [region.box for region in found.regions] == [None]
    assert [problem.code for problem in found.problems] == ["box_unclosed"]


def test_number_with_too_many_digits_is_told_what_is_read() -> None:
    assert "30 digits" in location(f"[{'1' * 31}, 2, 3, 4]").problems[0].message


def test_bad_box_does_not_take_the_good_one_with_it() -> None:
    found = location("[1,2,3,4],[5,6,7]")
    assert [region.box for region in found.regions] == [A, None]


@pytest.mark.parametrize("value", ["null", "NaN", '"1, 2, 3, 4"', '"[1, 2, 3, 4]"', "{}", ""])
def test_json_value_that_is_no_list_is_a_bad_box(value: str) -> None:
    found = parse(f'<LOC>{{"box_2d": {value}, "label": "x"}}</LOC><ANSWER>a</ANSWER>')
    assert [region.box for region in found.regions] == [None]
    assert found.problems[0].code in ("box_not_a_number", "box_wrong_count")


def test_grid_box_ends_at_1000_and_a_pixel_box_does_not() -> None:
    for key, code in (("box_2d", ["box_off_grid"]), ("bbox_2d", []), ("bbox_xyxy_pixel", [])):
        found = parse(f'<LOC>{{"{key}": [0, 0, 1000, 1001]}}</LOC><ANSWER>a</ANSWER>')
        assert [problem.code for problem in found.problems] == code
    assert parse('<LOC>{"box_2d": [0, 0, 1000, 1000]}</LOC>').regions[0].box == (0, 0, 1000, 1000)


def test_list_that_breaks_off_is_not_a_box() -> None:
    for text in (
        '<answer>{"bbox_2d": [14, 135, 136, 4',
        '{"bbox_2d": [14, 135, 136, 4',
        "<location><box>14, 135, 136, 4",
        "<location><box>[14, 135, 136, 4",
    ):
        assert [region.box for region in parse(text).regions] == [None]


def test_location_with_numbers_but_no_box_says_so() -> None:
    text = "<answer>B</answer><location>{}</location>"
    assert [problem.code for problem in parse(text.format("[1, 2, 3, 4]")).problems] == ["unreadable_location"]
    assert parse(text.format("not visible")).problems == ()


@pytest.mark.parametrize("value", ["lung [1, 2, 3, 4]", "(1, 2, 3, 4)", '{"box": [1.5, 2, 3, 4]}'])
def test_localization_with_four_numbers_but_no_key_says_so(value: str) -> None:
    found = parse(f"<LOC>{value}</LOC><ANSWER>a</ANSWER>")
    assert found.regions == ()
    assert [(problem.code, problem.message[:5]) for problem in found.problems] == [("unreadable_location", "<LOC>")]


def test_localization_with_other_numbers_is_not_unreadable() -> None:
    assert parse('<LOC>{"point": [110, 80]}, 2 x 3 cm, T1, 4</LOC><ANSWER>a</ANSWER>').problems == ()


def test_boxes_beyond_the_limit_are_left() -> None:
    for text in (
        f"<answer>B</answer><location>{'<box>[1, 2, 3, 4]</box>' * 513}</location>",
        f"<answer>B</answer><location><box>{'[1, 2, 3, 4],' * 600}</box></location>",
        '{"bbox_2d": [1, 2, 3, 4]}, ' * 600,
        f'<LOC>{{"bbox_xyxy_pixel": [{"[1, 2, 3, 4]," * 600}]}}</LOC><ANSWER>B</ANSWER>',
    ):
        found = parse(text)
        assert len(found.regions) == 512
        assert [problem.code for problem in found.problems] == ["too_many_boxes"]
        assert found.answer is not None


def test_512_boxes_are_not_too_many() -> None:
    found = parse(f"<answer>B</answer><location>{'<ref>a</ref><box>[1, 2, 3, 4]</box>' * 512}</location>")
    assert (len(found.regions), found.problems) == (512, ())
