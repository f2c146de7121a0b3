from __future__ import annotations

import pickle
import re
import shutil
from pathlib import Path

import pytest

from medreward.judge.prompt import render
from medreward.judge.rubrics import Rubric, RubricError, load_rubric, load_rubrics
from medreward.judge.rubrics.load import SHIPPED

DOCS = Path(__file__).parents[3] / "docs" / "rubrics.md"

YAML = """
name: mine
version: 1
fields:
  question: {kind: text}
  answer: {kind: answer}
verdict:
  options: {A: "Yes", B: "No"}
"""
USER = "{{question}}\n{{answer}}\n{{options}}\n{{reply}}"
SCORES = "scores: {one: [1, 5], two: [1, 5]}"


def folder(
    base: Path, yaml: str = YAML, user: str | None = USER, system: str | None = None, name: str = "mine"
) -> Path:
    path = base / name
    path.mkdir(parents=True)
    (path / "rubric.yaml").write_text(yaml)
    for part, text in (("user", user), ("system", system)):
        if text is not None:
            (path / f"shared.{part}.txt").write_text(text)
    return path


def test_the_shipped_rubrics_load() -> None:
    rubrics = load_rubrics()
    assert list(rubrics) == ["review", "semantics", "stages", "trust"]
    assert all(name == rubric.name and rubric.summary and rubric.source for name, rubric in rubrics.items())
    assert all(spec.summary for rubric in rubrics.values() for spec in rubric.fields.values())


def test_the_shipped_verdicts_are_the_papers() -> None:
    rubrics = load_rubrics()
    assert rubrics["semantics"].scores == {"assistant1": (1, 10), "assistant2": (1, 10)}
    assert rubrics["semantics"].swap == ("reference", "candidate")
    assert rubrics["semantics"].orders == ("shared", "paper")
    assert rubrics["review"].options == {"A": "Correct", "B": "Incorrect", "C": "Uncertain"}
    assert rubrics["trust"].options == {"A": "Yes", "B": "No", "C": "Not sure"}
    assert "Do you trust your thinking process?" in rubrics["trust"].texts["shared"].user
    assert list(rubrics["stages"].scores) == ["localization", "visual_analysis", "knowledge", "reasoning"]
    assert set(rubrics["stages"].scores.values()) == {(1, 5)}


def test_a_folder_of_rubrics_and_a_rubrics_own_folder_are_both_read(tmp_path: Path) -> None:
    folder(tmp_path / "many", name="a")
    (tmp_path / "many" / "..data").mkdir()
    own = folder(tmp_path, YAML.replace("mine", "own"), name="own")
    assert {"mine", "own", "semantics"} <= set(load_rubrics([tmp_path / "many", own]))


def test_the_example_in_the_docs_loads_and_asks(tmp_path: Path) -> None:
    files = re.findall(r"^`(certainty/[\w.]+)`\n\n```\w+\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    assert len(files) == 3
    for name, text in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    rubric = load_rubrics([tmp_path])["certainty"]
    assert rubric.scores == {"first": (0, 4), "second": (0, 4)}
    prompt = render(rubric, {"findings": "f", "first": "Possible effusion", "second": ""}, swapped=True)
    assert prompt.messages[1].content.index("(no reading was given)") < prompt.messages[1].content.index("Possible")


def test_the_docs_name_every_shipped_rubric_and_field() -> None:
    text = DOCS.read_text()
    for rubric in load_rubrics().values():
        assert all(f"`{name}`" in text for name in (rubric.name, *rubric.fields, *rubric.scores, *rubric.options))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("version: 1", "version: 0"), "version"),
        (("version: 1", "version: true"), "version"),
        (("name: mine", "name: My Rubric"), "name"),
        (("name: mine", "name: mine\nname: yours"), "given twice"),
        (("name: mine", "name: mine\ncolour: red"), "colour"),
        (("{kind: text}", "{kind: image}"), r"fields\.question.*image"),
        (("{kind: text}", "{kind: text, optional: true}"), r"fields\.question.*optional"),
        (("{kind: text}", '{kind: text, absent: "<<<"}'), r"fields\.question\.absent"),
        (("question:", "Question:"), "Question"),
        (("question:", "reply:"), "reply"),
        (("fields:", "fields: {}\nnothing:"), "nothing"),
        (('A: "Yes"', "A: Yes"), "str"),
        (('A: "Yes"', 'a: "Yes"'), r"options\.a"),
        (('A: "Yes", ', ""), "two"),
        (('options: {A: "Yes", B: "No"}', "swap: [question, answer]"), "scores or options"),
        (('options: {A: "Yes", B: "No"}', "options: {A: x, B: y}\n  " + SCORES), "scores or options"),
        (('options: {A: "Yes", B: "No"}', "scores: {one: [5, 1]}"), r"scores\.one"),
        (('options: {A: "Yes", B: "No"}', "scores: {reason: [1, 5]}"), r"scores\.reason"),
        (('options: {A: "Yes", B: "No"}', "scores: {one: [1, 5.5]}"), r"5\.5|int"),
        (('options: {A: "Yes", B: "No"}', SCORES + "\n  swap: [answer, nobody]"), "swap.*nobody"),
        (('options: {A: "Yes", B: "No"}', SCORES + "\n  swap: [question, answer]"), "swap.*kind"),
        (("version: 1", "version: 1\norders: [shared, shared]"), "orders"),
        (("version: 1", "version: 1\norders: [long]"), r"long\.user\.txt"),
    ],
)
def test_a_rubric_that_makes_no_sense_is_refused(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    path = folder(tmp_path, YAML.replace(*change))
    with pytest.raises(RubricError, match=says) as caught:
        load_rubric(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("user", "system", "says"),
    [
        (None, None, r"shared\.user\.txt: cannot be read"),
        ("  \n", None, r"shared\.user\.txt: is empty"),
        (USER + "\n{{colour}}", None, r"shared\.user: \{\{colour\}\}: there is no such field"),
        (USER.replace("{{answer}}\n", ""), None, r"\{\{answer\}\}: must be used once, not 0"),
        (USER + "\n{{answer}}", None, r"\{\{answer\}\}: must be used once, not 2"),
        (USER.replace("{{reply}}", ""), None, r"\{\{reply\}\}: must be used once"),
        (USER.replace("{{answer}}", "{{ answer }}"), None, "begins no place"),
        (USER.replace("{{answer}}", "it is {{answer}}"), None, "alone on its line"),
        (USER.replace("{{question}}", ""), "{{question}}", "belong in the user turn"),
    ],
)
def test_a_text_that_cannot_be_filled_is_refused(
    tmp_path: Path, user: str | None, system: str | None, says: str
) -> None:
    with pytest.raises(RubricError, match=says):
        load_rubric(folder(tmp_path, user=user, system=system))


def test_options_cannot_be_shown_where_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match="options"):
        load_rubric(folder(tmp_path, YAML.replace('options: {A: "Yes", B: "No"}', SCORES)))


def test_a_text_that_no_order_reads_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path)
    (path / "share.system.txt").write_text("x")
    with pytest.raises(RubricError, match=r"share\.system\.txt"):
        load_rubric(path)


def test_a_text_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path)
    (path / "shared.user.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(RubricError, match="UTF-8"):
        load_rubric(path)


def test_a_name_in_use_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "trust", tmp_path / "trust")
    with pytest.raises(RubricError, match="'trust' is in use"):
        load_rubrics([tmp_path])


@pytest.mark.parametrize("make", [False, True])
def test_a_directory_without_rubrics_is_refused(tmp_path: Path, make: bool) -> None:
    directory = tmp_path / "mine"
    if make:
        directory.mkdir()
    with pytest.raises(RubricError, match="mine"):
        load_rubrics([directory])


def test_a_folder_without_its_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RubricError, match=r"empty/rubric\.yaml: cannot be read"):
        load_rubrics([tmp_path])


@pytest.mark.parametrize(
    ("yaml", "user"),
    [
        (("version: 1", "version: 2"), USER),
        (('"No"', '"Never"'), USER),
        (("{kind: text}", '{kind: text, absent: "(none)"}'), USER),
        (("", ""), USER + "\nThink."),
    ],
)
def test_whatever_shapes_a_verdict_changes_the_hash(tmp_path: Path, yaml: tuple[str, str], user: str) -> None:
    one, other = (
        load_rubric(folder(tmp_path, name="a")),
        load_rubric(folder(tmp_path, YAML.replace(*yaml), user, name="b")),
    )
    assert one.hash != other.hash
    assert one != other


def test_what_is_for_people_does_not_change_the_hash(tmp_path: Path) -> None:
    other = folder(tmp_path, YAML + "summary: x\nsource: y\n", name="b")
    (other / "shared.user.txt").write_bytes(b"\xef\xbb\xbf" + USER.replace("\n", "\r\n").encode())
    assert len({load_rubric(folder(tmp_path, name="a")), load_rubric(other)}) == 1


def test_a_rubric_can_be_sent_to_another_process() -> None:
    rubric = load_rubrics()["semantics"]
    copy: Rubric = pickle.loads(pickle.dumps(rubric))
    assert (copy, copy.texts) == (rubric, rubric.texts)
