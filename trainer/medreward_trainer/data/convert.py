"""Reader -> rows -> ``train.parquet``, ``val.parquet`` and ``test.parquet``.

The data set is read twice, and never held. The first reading finds the images, hashes their files and so learns which
rows can be written and which belong together; then each row has its split (:mod:`splits`) and, under a limit, its draw.
The second reading writes, beside the files of an earlier run, which are replaced together at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .fileset import replaced
from .images import MAX_PIXELS, MULTIPLE, Finder, ImageError, Picture, picture
from .parquet import Row, Writer
from .recipes import RECIPES
from .report import REPORT, Report, Tally
from .row import Style, defect, row_of
from .splits import Plan, Shares, SplitBy, Survey
from .types import SPLITS, DataError, Left, ReadOptions, Sample, Source, Split

Progress = Callable[[str, int], None]
"""told the step and how many rows of it are done"""
_BEYOND = "not drawn: beyond the limit"
_CACHED = 16
"""pictures: rows of one image mostly stand together"""
_FILES: dict[Split, str] = {split: f"{split}.parquet" for split in SPLITS}
_TEXT_ONLY_BOXES = "boxes are left away: the rows are written without images"


class Job(NamedTuple):
    """What is to be converted, and how."""

    name: str
    """of the data set: verl's ``data_source``"""
    source: Source
    data: Path
    out: Path
    recipe: str
    agent: str
    """the recipe's own, unless another is wanted"""
    images: Path | None = None
    """folder of the images; None: where the data set has them"""
    limit: int | None = None
    """rows a file, at most"""
    seed: int = 0
    """the only source of chance"""
    max_pixels: int = MAX_PIXELS
    multiple_of: int = MULTIPLE
    by: SplitBy = "auto"
    shares: Shares = Shares()
    strict: bool = False
    text_only: bool = False
    """rows without images, for a policy that sees none"""
    options: ReadOptions = ReadOptions()


class _Made(NamedTuple):
    split: Split
    row: Row
    images: list[str]
    """by what their files hold"""
    boxes: int


def convert(job: Job, report: Report, progress: Progress = lambda step, done: None) -> None:
    """Writes the files and the report into ``job.out``, or after an error nothing: what was there is left as it was.

    ``report`` says what came of it in any case, so that the reasons can be shown.

    Raises:
        DataError: the data cannot be read, no row of it can be written, or with ``strict`` a row is broken.
        OSError: a file cannot be written.
    """
    finder = Finder(_folders(job), job.source.spellings)
    plan, asked = _survey(job, finder, report, progress)
    report.split, report.boxes_asked = plan.how, asked
    report.notes += plan.notes
    style = Style(job.name, job.recipe, job.agent, asked)
    with replaced(job.out, [*_FILES.values(), REPORT]) as part:
        tallies = _written(job, plan, finder, style, report, progress, part)
        report.files = {split: tally.file() for split, tally in tallies.items() if tally.rows}
        if not report.files:
            raise DataError(f"{job.data}: of {report.read} rows none can be written{_first_reason(report)}")
        for split, name in _FILES.items():
            if split not in report.files:
                report.notes.append(f"{split}: no rows")
                (part / name).unlink(missing_ok=True)
        report.save(part)


def _written(
    job: Job, plan: Plan, finder: Finder, style: Style, report: Report, progress: Progress, folder: Path
) -> dict[Split, Tally]:
    """The second reading; what was written of each split that has a row in the plan."""
    tallies = {split: Tally() for split in SPLITS if split in plan.splits}
    read = 0

    @lru_cache(maxsize=_CACHED)
    def pictured(name: str) -> Picture:
        return picture(finder.find(name), job.max_pixels, job.multiple_of)

    with ExitStack() as stack:
        writers = {split: stack.enter_context(Writer(folder / _FILES[split])) for split in tallies}
        for sample in _read(job):
            if (read := read + 1) > report.read:
                break
            progress("writing", read)
            split = plan.splits[read - 1]
            made = _made(sample, split, job, finder, pictured, style, writers[split].rows if split else 0)
            if isinstance(made, Left):
                report.leave(_tolerated(made, job))
                continue
            writers[made.split].write(made.row)
            tallies[made.split].add(made.row["extra_info"]["question_type"], made.images, made.boxes)
    if read != report.read:
        raise DataError(f"{job.data}: was changed while it was read")
    return tallies


def _survey(job: Job, finder: Finder, report: Report, progress: Progress) -> tuple[Plan, bool]:
    """The plan, and whether prompts ask for boxes: of data that has any, or where they belong to the format."""
    survey, boxes = Survey(), False
    for number, sample in enumerate(_read(job)):
        report.read += 1
        progress("finding images", number)
        labels = _labels(sample, job, finder)
        if isinstance(sample, Left) or isinstance(labels, Left):
            survey.skip()
            continue
        reference = sample.rollout.reference
        boxes = boxes or bool(reference and reference.regions)
        survey.add(sample.id, labels, sample.split, job.seed)
    if boxes and job.text_only:
        report.notes.append(_TEXT_ONLY_BOXES)
    asked = (boxes or RECIPES[job.recipe].always_boxes) and not job.text_only
    return survey.plan(job.by, job.shares, job.seed, job.limit), asked


def _labels(sample: Sample | Left, job: Job, finder: Finder) -> list[str] | Left:
    """What joins a row with others: what its images hold, and its report or patient; or why it cannot be written."""
    if isinstance(sample, Left):
        return sample
    if (left := defect(sample)) is not None:
        return left
    group = [f"group {sample.group}"] if sample.group else []
    if job.text_only:
        return group or [f"image {name}" for name in sample.images] or [f"row {sample.id}"]
    if not sample.images:
        return Left(sample.place, "there is no image")
    try:
        return [*(finder.digest(finder.find(name)) for name in sample.images), *group]
    except ImageError as error:
        return Left(sample.place, str(error), broken=True, detail=", ".join(sample.images))


def _made(
    sample: Sample | Left,
    split: Split | None,
    job: Job,
    finder: Finder,
    pictured: Callable[[str], Picture],
    style: Style,
    index: int,
) -> _Made | Left:
    labels = _labels(sample, job, finder)
    if isinstance(labels, Left):
        return labels
    if isinstance(sample, Left):
        return sample
    if split is None:
        return Left(sample.place, _BEYOND)
    names = () if job.text_only else sample.images
    try:
        pictures = [pictured(name) for name in names]
    except ImageError as error:
        return Left(sample.place, str(error), broken=True, detail=", ".join(names))
    row = row_of(sample, pictures, style, split, index)
    if isinstance(row, Left):
        return row
    reference = sample.rollout.reference
    boxes = len(reference.regions) if reference is not None and names else 0
    return _Made(split, row, labels[: len(names)], boxes)


def _read(job: Job) -> Iterator[Sample | Left]:
    return job.source.read(job.data, job.options)


def _tolerated(left: Left, job: Job) -> Left:
    if left.broken and job.strict:
        raise DataError(f"{left.place}: {left.reason}{f': {left.detail}' if left.detail else ''}")
    return left


def _folders(job: Job) -> list[Path]:
    if job.images is not None:
        return [job.images]
    base = job.data if job.data.is_dir() else job.data.parent
    return [base / folder for folder in job.source.folders]


def _first_reason(report: Report) -> str:
    most = max(report.left_out.items(), key=lambda item: item[1].rows, default=None)
    return f"; {most[1].rows}: {most[0]}, as {most[1].examples[0]}" if most else ""
