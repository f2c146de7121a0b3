"""Each paper's way of writing, read whole."""

from __future__ import annotations

import pytest

from medreward.parsing import parse

GEMEX = (
    "<think> The bases look hazy on both sides, see bilateral lung ([60, 40, 250, 260]). </think>"
    "<response><answer>B</answer><location><ref>bilateral lung</ref><box>[60, 40, 250, 260]</box>"
    "<ref>heart</ref><box>[110, 140, 220, 250]</box></location></response>"
)
LVKC = (
    "A frontal chest film. <LOC>The lungs "
    '{"box_2d": [300, 150, 880, 890], "label": "both lungs"} are in view, as is a marker '
    '{"point": [110, 80], "label": "marker"} and the heart {"label": "heart", "box_2d": [450, 430, 800, 640]}.</LOC>'
    "<VISUAL>Clear fields.</VISUAL><KNOWLEDGE>- Clear fields are normal.</KNOWLEDGE>"
    "<CON>Nothing is wrong.</CON><ANSWER>**A normal chest**</ANSWER>"
)
VLM_R1 = '<think>the one on the left</think>\n<answer>{"bbox_2d": [14, 135, 136, 470], "label": "left man"}</answer>'
FENCED = '```json\n[\n\t{"bbox_2d": [14, 135, 136, 470], "label": "left man"}\n]\n```'


def test_gemex_is_taken_apart() -> None:
    found = parse(GEMEX)
    assert found.dialect == "gemex"
    assert [stage.name for stage in found.stages] == ["think", "response", "answer", "location"]
    assert found.answer == "B"
    assert [(r.label, r.box, r.space, r.default_space) for r in found.regions] == [
        ("bilateral lung", (60, 40, 250, 260), None, "pixel"),
        ("heart", (110, 140, 220, 250), None, "pixel"),
    ]
    assert found.problems == ()
    assert found.body == (0, len(GEMEX))


def test_lvkc_is_taken_apart_with_y_first_and_points_left_out() -> None:
    found = parse(LVKC)
    assert found.dialect == "lvkc"
    assert [stage.name for stage in found.stages] == ["localization", "visual", "knowledge", "conclusion", "answer"]
    assert found.answer == "A normal chest"
    assert [(r.label, r.box, r.space, r.default_space) for r in found.regions] == [
        ("both lungs", (150, 300, 890, 880), None, "grid1000"),
        ("heart", (430, 450, 640, 800), None, "grid1000"),
    ]
    assert found.problems == ()


def test_released_spelling_of_the_stages_is_the_same_dialect() -> None:
    released = LVKC.replace("VISUAL>", "VIS>").replace("KNOWLEDGE>", "KNO>")
    assert parse(released).problems == ()
    assert [stage[:2] for stage in parse(released).stages] == [stage[:2] for stage in parse(LVKC).stages]


@pytest.mark.parametrize(
    "value", ["[[10, 20, 30, 40], [50, 60, 70, 80]]", "[10, 20, 30, 40], [50, 60, 70, 80]", "[10, 20, 30, 40]"]
)
def test_released_boxes_are_pixels_whatever_the_rollout_says(value: str) -> None:
    regions = parse(f'<LOC>{{"bbox_xyxy_pixel": {value}, "label": "x"}}</LOC><ANSWER>a</ANSWER>').regions
    assert regions[0][:4] == ("x", (10, 20, 30, 40), "pixel", "pixel")


def test_released_empty_list_is_no_region() -> None:
    found = parse('<LOC>{"bbox_xyxy_pixel": [], "label": "none"}</LOC><ANSWER>a</ANSWER>')
    assert (found.regions, found.problems) == ((), ())


def test_qwen_box_in_lvkc_is_x_first() -> None:
    regions = parse('<LOC>{"bbox_2d": [10, 20, 1500, 40], "label": "x"}</LOC>').regions
    assert regions[0][:4] == ("x", (10, 20, 1500, 40), None, "pixel")


def test_lvkc_regions_are_those_of_the_localization_alone() -> None:
    box = '{"box_2d": [1, 2, 3, 4], "label": "%s"}'
    text = f"{box % 'a'}<LOC>{box % 'b'}</LOC><VISUAL>{box % 'c'}</VISUAL><ANSWER>{box % 'd'}</ANSWER>"
    assert [region.label for region in parse(text).regions] == ["b"]


def test_answer_only_output_has_the_boxes_of_its_answer() -> None:
    found = parse(VLM_R1)
    assert found.dialect == "gemex"
    assert [(r.label, r.box) for r in found.regions] == [("left man", (14, 135, 136, 470))]
    assert found.problems == ()


def test_text_without_tags_is_the_answer_and_its_json_the_regions() -> None:
    found = parse(FENCED)
    assert found.dialect == "plain"
    assert found.answer == FENCED
    assert [(r.label, r.box) for r in found.regions] == [("left man", (14, 135, 136, 470))]
    assert found.problems == ()


def test_json_in_the_thinking_is_no_region() -> None:
    assert parse('<think>{"bbox_2d": [1, 2, 3, 4]}</think><answer>B</answer>').regions == ()
    assert parse('<think>{"bbox_2d": [1, 2, 3, 4]}</think> B').regions == ()
    assert parse('{"bbox_2d": [1, 2, 3, 4]}</think> B').regions == ()


def test_json_of_the_answer_yields_to_a_location() -> None:
    text = '<answer>{"bbox_2d": [1, 2, 3, 4]}</answer><location><box>[5, 6, 7, 8]</box></location>'
    assert [region.box for region in parse(text).regions] == [(5, 6, 7, 8)]


def test_json_inside_the_location_counts() -> None:
    text = '<answer>A</answer><location>{"bbox_2d": [1, 2, 3, 4], "label": "x"}</location>'
    assert [(region.label, region.box) for region in parse(text).regions] == [("x", (1, 2, 3, 4))]
    assert [region.box for region in parse(text.replace("{", "<box>{").replace("}", "}</box>")).regions] == [
        (1, 2, 3, 4)
    ]


@pytest.mark.parametrize(
    ("content", "boxes"),
    [
        ('<box>[1, 2, 3, 4]</box> {"bbox_2d": [5, 6, 7, 8]}', [(1, 2, 3, 4), (5, 6, 7, 8)]),
        ('{"bbox_2d": [5, 6, 7, 8]} <ref>a</ref><box>[1, 2, 3, 4]</box>', [(5, 6, 7, 8), (1, 2, 3, 4)]),
        ('<box>{"bbox_2d": [1, 2, 3, 4]}</box>{"bbox_2d": [5, 6, 7, 8]}', [(1, 2, 3, 4), (5, 6, 7, 8)]),
        ('<box>[{"bbox_2d": [1, 2, 3, 4]}]</box>', [(1, 2, 3, 4)]),
        ('<box>```json\n{"bbox_2d": [1, 2, 3, 4]}\n```</box>', [(1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], [5, 6, 7, 8]}', [(1, 2, 3, 4), (5, 6, 7, 8)]),
    ],
)
def test_boxes_of_both_ways_of_writing_count_once_each(content: str, boxes: list[tuple[float, ...]]) -> None:
    found = parse(f"<answer>B</answer><location>{content}</location>")
    assert [region.box for region in found.regions] == boxes
    assert found.problems == ()
    mixed = parse(f"<LOC>{content}</LOC><ANSWER>B</ANSWER>")
    assert [region.box for region in mixed.regions] == boxes


def test_box_tag_outside_the_location_does_not_hide_the_json_of_the_answer() -> None:
    found = parse('<answer>{"bbox_2d": [1, 2, 3, 4]}</answer><box>[5, 6, 7, 8]</box>')
    assert [region.box for region in found.regions] == [(1, 2, 3, 4), (5, 6, 7, 8)]


@pytest.mark.parametrize("box", ["<box>[1, 2, 3, 4]</box>", '{"bbox_2d": [1, 2, 3, 4]}'])
def test_location_in_the_thinking_is_a_thought_where_another_is_spoken(box: str) -> None:
    thought = f"<think><location>{box}</location></think><answer>B</answer>"
    spoken = "<location><box>[5, 6, 7, 8]</box></location>"
    assert [region.box for region in parse(thought + spoken).regions] == [(5, 6, 7, 8)]
    assert [region.box for region in parse(thought.removeprefix("<think>") + spoken).regions] == [(5, 6, 7, 8)]
    assert [region.box for region in parse(thought).regions] == [(1, 2, 3, 4)]


@pytest.mark.parametrize(
    "text",
    [
        "{box_2d: [2, 1, 4, 3], label: 'x'}",
        '{"BOX_2D": [2, 1, 4, 3], "LABEL": "x"}',
        "{ 'Label' : 'x', 'Box_2d' : [2, 1, 4, 3] }",
        'label: "x", box_2d: [2, 1, 4, 3]',
        r"{\"box_2d\": [2, 1, 4, 3], \"label\": \"x\"}",
        r"{\"label\": \"x\", \"box_2d\": [2, 1, 4, 3]}",
        '{"label": "x", "meta": {"a": 1}, "box_2d": [2, 1, 4, 3]}',
        '{"label": "x", "meta": {"a": {"b": "}"}}, "box_2d": [2, 1, 4, 3]}',
        '{"box_2d": [2, 1, 4, 3], "meta": {"a": 1}, "label": "x"}',
    ],
)
def test_keys_in_any_letter_case_unquoted_or_escaped_are_read(text: str) -> None:
    found = parse(f"<LOC>{text}</LOC><ANSWER>a</ANSWER>")
    assert [(region.label, region.box) for region in found.regions] == [("x", (1, 2, 3, 4))]
    assert found.problems == ()


def test_sentence_that_speaks_of_a_key_is_no_box() -> None:
    found = parse("<LOC>no box_2d: nothing is seen; a xbox_2d: [5, 6]</LOC><ANSWER>a</ANSWER>")
    assert (found.regions, found.problems) == ((), ())


@pytest.mark.parametrize(
    ("written", "label"),
    [
        (r'"\u80ba\nx"', "\u80ba\nx"),
        (r'"a \"b\" \\ c"', 'a "b" \\ c'),
        (r"'it\'s \"b\"'", 'it\'s "b"'),
        (r'"\ud83d\ude00"', "\U0001f600"),
        # no JSON: as it stands
        (r'"\q"', r"\q"),
        (r'"\ud83d"', r"\ud83d"),
        (r"\"\\u80ba \\\"q\\\"\"", '\u80ba "q"'),
    ],
)
def test_label_is_decoded_as_json_does(written: str, label: str) -> None:
    for text in (f'{{"box_2d": [1, 2, 3, 4], "label": {written}}}', f'{{"label": {written}, "box_2d": [1, 2, 3, 4]}}'):
        found = parse(f"<LOC>{text}</LOC><ANSWER>a</ANSWER>")
        assert [region.label for region in found.regions] == [label]


def test_label_outside_the_object_is_not_its() -> None:
    for text in ('{"box_2d": [1, 2, 3, 4]}, "label": "not mine"', '"label": "not mine" {"box_2d": [1, 2, 3, 4]}'):
        assert [region.label for region in parse(f"<LOC>{text}</LOC>").regions] == [""]


def test_box_in_the_thinking_is_no_region_and_outside_the_location_is_one_with_a_problem() -> None:
    text = (
        "<think><box>[1, 2, 3, 4]</box></think>"
        "<response><answer>B</answer><ref>a</ref><box>[5, 6, 7, 8]</box></response>"
        "<box>[9, 10, 11, 12]</box>"
    )
    found = parse(text)
    assert [region.box for region in found.regions] == [(5, 6, 7, 8), (9, 10, 11, 12)]
    assert [problem.code for problem in found.problems] == ["box_outside_location"] * 2


def test_malformed_json_around_a_box_does_not_hide_it() -> None:
    for text in (
        '<answer>["{"bbox_2d": [1, 2, 3, 4], "label": "x"}]</answer>',
        '<answer>["{"bbox_2d": [1, 2, 3, 4], "label": "x"}</answer>',
        "<answer>{'bbox_2d': [1, 2, 3, 4], 'label': 'x'}</answer>",
        '<answer>{"label": "x", "score": 0.5, "bbox_2d": [1, 2, 3, 4]}</answer>',
        '<answer>{"bbox_2d": [1, 2, 3, 4], "score": 0.5, "label": "x"}</answer>',
        '<answer>{"bbox_2d": [\n1,\n2,\n3,\n4\n]\n,\n"label"\n:\n"x"\n}</answer>',
    ):
        assert [(region.label, region.box) for region in parse(text).regions] == [("x", (1, 2, 3, 4))], text


def test_label_stays_with_its_own_object() -> None:
    text = '[{"bbox_2d": [1, 2, 3, 4]}, {"label": "b", "bbox_2d": [5, 6, 7, 8]}, {"bbox_2d": [9, 10, 11, 12]}]'
    assert [region.label for region in parse(text).regions] == ["", "b", ""]


def test_label_may_hold_braces_quotes_and_tags_of_its_own() -> None:
    text = r'<LOC>{"box_2d": [1, 2, 3, 4], "label": "a } { \"b\" <5 mm"}, {"box_2d": [5, 6, 7, 8]}</LOC>'
    assert [region.label for region in parse(text).regions] == ['a } { "b" <5 mm', ""]


def test_text_with_only_box_tags_is_plain_and_answers_with_its_words() -> None:
    found = parse("Fluid in the <ref>left lung</ref><box>(64,42),(257,262)</box> today")
    assert (found.dialect, found.answer) == ("plain", "Fluid in the left lung today")
    assert [(r.label, r.box) for r in found.regions] == [("left lung", (64, 42, 257, 262))]


def test_spans_point_into_the_source() -> None:
    for text in (GEMEX, LVKC, VLM_R1, FENCED):
        whole = f"system\nx\nuser\ny\nassistant\n{text}<|im_end|>"
        found = parse(whole)
        assert whole[slice(*found.body)] == text
        assert all(stage.text == whole[slice(*stage.span)].strip() for stage in found.stages)
        for region in found.regions:
            assert whole[slice(*region.span)].startswith("[")
            assert whole[slice(*region.span)].endswith("]")
