"""Where an image lies, and the picture that the policy is given.

Qwen2.5-VL's processor brings every image to sides that are multiples of 28 (a patch of 14, merged by 2) and its boxes
are pixels of *that* picture. So the picture is brought to such a size here, and the reference boxes with it: what the
policy sees, what it is told of the size and what it is compared with are one frame.

A photograph that says how it is to be turned (EXIF) is turned, and its size and boxes are those of the upright picture:
whether an engine would turn it by itself differs from one to the next.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from PIL import ExifTags, Image, ImageOps

ENDINGS = (".png", ".jpg", ".jpeg")
"""tried for a name without an ending"""
MULTIPLE = 28
"""of pixels, for Qwen2.5-VL; 1: leave the sides as they are"""
MAX_PIXELS = 512 * MULTIPLE * MULTIPLE
"""512 tokens of Qwen2.5-VL"""
LEAST_CELLS = 4
"""squares of ``multiple_of``: what Qwen2.5-VL's processor enlarges small pictures to"""
MOST_ELONGATED = 200
"""sides' ratio beyond which Qwen2.5-VL's processor refuses a picture"""
JPEG_QUALITY = 95
_KEPT = ("JPEG", "PNG")
"""formats that go in as they are when they have the right size and eight bits of grey or colour"""
_LOSSY = ("JPEG", "MPO")
"""formats that are written as JPEG again when they change; all others as PNG"""


class ImageError(Exception):
    """The image cannot be given to the policy; the message is a reason that can be counted."""


class Picture(NamedTuple):
    """An image as it is given to the policy, with the size it had."""

    content: bytes
    """PNG or JPEG"""
    width: int
    height: int
    file_width: int
    """pixels of the file's image, upright"""
    file_height: int


class Finder:
    """Finds image files by the names that the data gives."""

    def __init__(self, folders: Sequence[Path], spellings: Callable[[str], tuple[str, ...]]) -> None:
        """``folders`` are tried in turn, ``spellings`` says what a name may also be."""
        self._folders = list(folders)
        self._spellings = spellings
        self._digests: dict[Path, str] = {}
        self._found: dict[str, Path] = {}

    def find(self, name: str) -> Path:
        """The file of that name.

        Raises:
            ImageError: there is none, or the name leads out of the folder.
        """
        if (found := self._found.get(name)) is not None:
            return found
        pure = PurePosixPath(name)
        if not name or pure.is_absolute() or ".." in pure.parts:
            raise ImageError("the image's name is empty, absolute, or leads out of its folder")
        for folder in self._folders:
            for spelling in self._spellings(name):
                ends = ("",) if PurePosixPath(spelling).suffix.lower() in ENDINGS else ("", *ENDINGS)
                for path in (folder / f"{spelling}{end}" for end in ends):
                    if os.path.isfile(path):  # unlike Path.is_file also of names too long for the file system
                        return self._found.setdefault(name, path)
        raise ImageError("there is no such image file")

    def digest(self, path: Path) -> str:
        """What the file holds, in 32 characters: equal for copies under another name.

        Raises:
            ImageError: it cannot be read.
        """
        if path not in self._digests:
            try:
                with path.open("rb") as file:
                    self._digests[path] = hashlib.file_digest(file, "sha256").hexdigest()[:32]
            except OSError:
                raise ImageError("the image file cannot be read") from None
        return self._digests[path]


def picture(path: Path, max_pixels: int, multiple_of: int) -> Picture:
    """The file's image in the size for the policy; unchanged bytes where nothing has to change.

    Raises:
        ImageError: it cannot be decoded, has more than eight bits a channel or several frames, or is longer than 200
            times its width.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise ImageError("the image file cannot be read") from None
    image, kind, turned = decoded(content)
    width, height = fit(image.width, image.height, max_pixels, multiple_of)
    size = Picture(content, width, height, image.width, image.height)
    if (width, height) == image.size and kind in _KEPT and image.mode in ("L", "RGB") and not turned:
        return size
    if image.mode.startswith(("I", "F")):
        # a plain conversion would cut such values off at 255
        raise ImageError("the image has more than eight bits a channel; window it first")
    resized = _rgb(image).resize((width, height), Image.Resampling.BICUBIC)
    return size._replace(content=_encoded(resized, lossy=kind in _LOSSY))


def decoded(content: bytes) -> tuple[Image.Image, str, bool]:
    """An image file's image, upright; its format, and whether it had to be turned.

    Raises:
        ImageError: it cannot be decoded, or has several frames, or so many pixels that it may be meant to do harm.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content))
            kind = image.format or ""
            # a camera's MPO holds the picture first, and then its previews
            if kind != "MPO" and getattr(image, "n_frames", 1) > 1:
                raise ImageError("the image has several frames; give the one that is meant")
            image.load()
            turned = image.getexif().get(ExifTags.Base.Orientation) in range(2, 9)
            return ImageOps.exif_transpose(image) if turned else image, kind, turned
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ImageError(f"the image has more than {Image.MAX_IMAGE_PIXELS} pixels; scale it down first") from None
    except (OSError, EOFError, SyntaxError, ValueError):
        # what Pillow raises on broken files of one format or another
        raise ImageError("the image file cannot be decoded") from None


def fit(width: int, height: int, max_pixels: int, multiple_of: int) -> tuple[int, int]:
    """Width and height near the given ones, multiples of ``multiple_of``, of at most ``max_pixels`` together.

    With ``multiple_of`` above 1 also of at least ``4 * multiple_of**2`` pixels, as Qwen2.5-VL's processor has it, so
    that it has nothing left to change.

    Raises:
        ImageError: no such size has a side above zero and the image's shape.
    """
    if max(width, height) > MOST_ELONGATED * min(width, height):
        raise ImageError(f"the image is more than {MOST_ELONGATED} times as long as it is wide")
    least = LEAST_CELLS * multiple_of**2 if multiple_of > 1 else 1
    sides = [max(multiple_of, round(side / multiple_of) * multiple_of) for side in (width, height)]
    if sides[0] * sides[1] > max_pixels:
        shrink = math.sqrt(width * height / max_pixels)
        sides = [max(multiple_of, int(side / shrink / multiple_of) * multiple_of) for side in (width, height)]
    elif sides[0] * sides[1] < least:
        grow = math.sqrt(least / (width * height))
        sides = [math.ceil(side * grow / multiple_of) * multiple_of for side in (width, height)]
    if sides[0] * sides[1] > max_pixels:
        # a long image whose short side cannot shrink further, or a small one that was rounded up
        long = sides.index(max(sides))
        sides[long] = max_pixels // sides[1 - long] // multiple_of * multiple_of
    return sides[0], sides[1]


def _rgb(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    # on white, as Qwen's own reader has it: under full transparency a file may hold any colour
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")


def _encoded(image: Image.Image, lossy: bool) -> bytes:
    file = io.BytesIO()
    if lossy:
        image.save(file, "JPEG", quality=JPEG_QUALITY)
    else:
        image.save(file, "PNG")
    return file.getvalue()
