from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from medreward_trainer.data.images import Finder, ImageError, fit, picture

from . import made


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((560, 560), (560, 560)),
        ((600, 600), (588, 588)),
        ((1024, 1024), (616, 616)),
        ((2000, 500), (1260, 308)),
        ((20, 30), (56, 84)),
        ((28, 3000), (28, 2996)),
    ],
)
def test_sides_are_multiples_and_the_area_is_bounded(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    found = fit(*size, max_pixels=512 * 28 * 28, multiple_of=28)
    assert found == fitted
    assert found[0] * found[1] <= 512 * 28 * 28


@pytest.mark.parametrize("size", [(28, 5000), (3000, 29), (100, 9999), (1, 150), (333, 777)])
@pytest.mark.parametrize("multiple_of", [1, 28, 32])
def test_any_shape_stays_within_the_bounds(size: tuple[int, int], multiple_of: int) -> None:
    most = 4 * 32 * 32
    width, height = fit(*size, max_pixels=most, multiple_of=multiple_of)
    assert 0 < width * height <= most
    assert (width % multiple_of, height % multiple_of) == (0, 0)


def test_an_elongated_image_is_refused() -> None:
    with pytest.raises(ImageError, match="200 times"):
        fit(10, 2010, 10**6, 28)


def test_an_image_of_the_right_size_goes_in_byte_for_byte(tmp_path: Path) -> None:
    path = made.image(tmp_path / "a.png", 56, 84)
    found = picture(path, 512 * 28 * 28, 28)
    assert found.content == path.read_bytes()
    assert (found.width, found.height) == (56, 84)


@pytest.mark.parametrize(("ending", "kind"), [("jpg", "JPEG"), ("png", "PNG"), ("bmp", "PNG")])
def test_a_resized_image_decodes_at_the_size_it_says(tmp_path: Path, ending: str, kind: str) -> None:
    found = picture(made.image(tmp_path / f"a.{ending}", 100, 70), 512 * 28 * 28, 28)
    with Image.open(io.BytesIO(found.content)) as image:
        assert (image.size, image.format) == ((found.width, found.height), kind)
    assert (found.file_width, found.file_height) == (100, 70)


@pytest.mark.parametrize(
    ("content", "reason"), [(b"no image", "decoded"), (b"\x89PNG\r\n\x1a\n broken", "decoded")], ids=["text", "png"]
)
def test_a_broken_file_says_so(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=reason):
        picture(path, 10**6, 28)


def test_sixteen_bits_are_not_cut_off(tmp_path: Path) -> None:
    Image.new("I;16", (56, 56), 4000).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="eight bits"):
        picture(tmp_path / "a.png", 10**6, 28)


@pytest.mark.parametrize("kind", ["gif", "tiff", "png"])
def test_an_image_of_several_frames_is_refused(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (56, 56), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / f"a.{kind}", save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match="several frames"):
        picture(tmp_path / f"a.{kind}", 10**6, 28)


def test_too_many_pixels_are_refused_without_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    for side in (120, 180):  # Pillow's warning, and its error
        with pytest.raises(ImageError, match="more than 10000 pixels"):
            picture(made.image(tmp_path / f"{side}.png", side, side), 10**6, 28)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (56, 56), (255, 0, 0, 0)).save(tmp_path / "a.png")
    with Image.open(io.BytesIO(picture(tmp_path / "a.png", 10**6, 28).content)) as image:
        assert (image.mode, image.getpixel((9, 9))) == ("RGB", (255, 255, 255))


@pytest.mark.parametrize("size", [(43, 35), (103, 3), (1, 29)])
def test_a_small_image_is_not_enlarged_beyond_the_bound(size: tuple[int, int]) -> None:
    width, height = fit(*size, max_pixels=4 * 28 * 28, multiple_of=28)
    assert width * height == 4 * 28 * 28


@pytest.mark.parametrize("name", ["", "/etc/a.png", "../a.png", "x/../../a.png"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    made.image(tmp_path / "a.png")
    (tmp_path / "x").mkdir()
    with pytest.raises(ImageError, match="leads out"):
        Finder([tmp_path / "x"], lambda name: (name,)).find(name)


def test_a_copy_under_another_name_is_the_same_image(tmp_path: Path) -> None:
    finder = Finder([tmp_path], lambda name: (name,))
    one, other = made.image(tmp_path / "a.png", seed=1), made.image(tmp_path / "b.png", seed=1)
    third = made.image(tmp_path / "c.png", seed=2)
    assert finder.digest(one) == finder.digest(other) != finder.digest(third)
    assert finder.find("c") == third
