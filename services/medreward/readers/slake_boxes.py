"""SLAKE's boxes of organs and findings, all ``detection.json`` merged into lines with ``xyxy`` and the image's size."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from medreward.contract.types import Image, Reference, Region, Rollout
from medreward.readers import respond
from medreward.readers.source import Source
from medreward.readers.types import Options, Skipped


class _Box(msgspec.Struct):
    label: str
    xyxy: list[float]


class _Row(msgspec.Struct):
    img: str
    width: int
    height: int
    boxes: list[_Box]


def read(source: Source, options: Options) -> Iterator[Rollout | Skipped]:
    """A rollout an image, which asks where everything is; an image without boxes is skipped."""
    for number, row in source.rows(_Row):
        if not row.boxes:
            yield source.skip(number, "the image has no boxes")
            continue
        for index, box in enumerate(row.boxes):
            if len(box.xyxy) != 4:
                source.fail(number, f"boxes[{index}].xyxy: needs four numbers, has {len(box.xyxy)}")
        regions = [Region(box.label, box.xyxy) for box in row.boxes]
        image = Image(row.width, row.height)
        asked = ", ".join(dict.fromkeys(box.label for box in row.boxes))
        yield Rollout(
            id=f"{source.stem}/{row.img}",
            group_id=f"{source.stem}/{row.img}",
            question=f"Where is: {asked}?",
            question_type="open_ended",
            response=respond.boxes(asked, regions, image, options.respond),
            reference=Reference(asked, regions),
            image=image,
            box_space="pixel",
        )
