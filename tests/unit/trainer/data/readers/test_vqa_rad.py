from __future__ import annotations

from pathlib import Path

from .. import made


def test_both_files_and_numbers_as_answers(tmp_path: Path) -> None:
    row = {"qid": 1, "image_name": "a.jpg", "question": "Is it?", "answer": "Yes ", "answer_type": "CLOSED"}
    made.array(tmp_path / "trainset.json", [row, row | {"qid": 2, "question": "How many?", "answer": 5}])
    made.array(tmp_path / "testset.json", [row | {"qid": 3, "answer": "Left side"}, {"qid": 4}])
    samples, left = made.read("vqa-rad", tmp_path)
    found = [(s.split, s.rollout.question_type, s.rollout.reference and s.rollout.reference.answer) for s in samples]
    assert found == [
        ("train", "closed_ended", "Yes"),
        ("train", "open_ended", "5"),
        ("test", "open_ended", "Left side"),
    ]
    assert [one.place for one in left] == ["testset.json[1]"]


def test_the_authors_one_file_names_its_test_rows(tmp_path: Path) -> None:
    row = {"qid": 1, "image_name": "a.jpg", "question": "Is it?", "answer": "no", "phrase_type": "freeform"}
    made.array(tmp_path / "VQA_RAD Dataset Public.json", [row, row | {"qid": 2, "phrase_type": "test_para"}])
    assert [s.split for s in made.read("vqa-rad", tmp_path)[0]] == ["train", "test"]
