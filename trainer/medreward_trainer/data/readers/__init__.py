"""The data sets, one a file: ``read(data, options)`` yields samples, and what cannot be one with the reason.

``slake``, ``vqa_rad``, ``rad_restruct``, ``gemex`` and ``sage`` read a folder as its authors publish it; ``lines``
reads a user's own file in the contract's terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..types import Source
from . import gemex, lines, rad_restruct, sage, slake, vqa_rad

SOURCES: Final[Mapping[str, Source]] = {
    "slake": Source(
        slake.read,
        (".", "imgs", "xray_images"),
        slake.spellings,
        languages=("en", "zh"),
    ),
    "vqa-rad": Source(
        vqa_rad.read,
        ("images", "VQA_RAD Image Folder", "."),
    ),
    "rad-restruct": Source(
        rad_restruct.read,
        ("images", "."),
    ),
    "gemex": Source(
        gemex.read,
        ("images", "."),
        frames=True,
    ),
    "sage": Source(
        sage.read,
        (".", "images"),
        frames=True,
    ),
    "jsonl": Source(
        lines.read,
        (".", "images"),
        frames=True,
    ),
}
