"""The real data sets, as far as they are there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from . import made

DATA = os.environ.get("MEDREWARD_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA does not name the folder of real data")
made.need_pyarrow()

from medreward_trainer.data.check import check  # noqa: E402


@pytest.mark.parametrize("recipe", ["gemex", "medsage"])
def test_slake_with_its_images_and_boxes_passes_the_check(tmp_path: Path, recipe: str) -> None:
    report = made.converted(
        Path(DATA or "", "slake"), tmp_path, "slake", recipe, limit=24, by="image", max_pixels=50176
    )
    assert all(file.rows == 24 for name, file in report.files.items() if name == "train")
    assert sum(file.boxes for file in report.files.values()) > 0
    assert report.written + sum(left.rows for left in report.left_out.values()) == report.read == 11934
    paths = sorted(tmp_path.glob("*.parquet"))
    assert len(paths) == 3
    assert check(paths).counts == {}


def test_rad_restructs_questions_on_images_of_ours_pass_the_check(tmp_path: Path) -> None:
    data = Path(DATA or "", "rad_restruct")
    reports = {sample.images[0] for sample in made.read("rad-restruct", data)[0]}
    for number, name in enumerate(sorted(reports)):
        made.image(tmp_path / "images" / f"{name}.png", seed=number)
    report = made.converted(data, tmp_path / "out", "rad-restruct", images=tmp_path / "images", limit=200, by="image")
    assert {split: file.rows for split, file in report.files.items()} == {"train": 200, "val": 200, "test": 200}
    assert {reason for reason, left in report.left_out.items() if left.broken} == set()
    assert check(sorted((tmp_path / "out").glob("*.parquet"))).counts == {}


def test_vqa_rads_own_splits_share_images_and_are_not_kept(tmp_path: Path) -> None:
    report = made.converted(Path(DATA or "", "vqa_rad"), tmp_path, "vqa-rad", text_only=True, limit=50)
    assert any("the data's own splits were not kept: 203" in note for note in report.notes)
    assert check(sorted(tmp_path.glob("*.parquet"))).counts == {}
