"""``medreward-train data``: data sets -> verl's parquet files, and what is wrong with such a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medreward_trainer.cli import console
from medreward_trainer.cli.errors import FAILED, INTERRUPTED, UNUSABLE, Unusable

if TYPE_CHECKING:
    from medreward_trainer.data.check import Checked
    from medreward_trainer.data.report import Report


class RecipeName(StrEnum):
    """As in ``medreward_trainer.data.recipes``, which is not imported for ``--help``."""

    gemex = "gemex"
    medsage = "medsage"


class SplitName(StrEnum):
    """As in ``medreward_trainer.data.splits``."""

    auto = "auto"
    official = "official"
    image = "image"


_DataFolder = Annotated[Path, typer.Option(help="The data set's folder, or one of its files where it has many.")]
_Out = Annotated[Path, typer.Option(help="Directory for the files; made if missing.")]
_Recipe = Annotated[RecipeName, typer.Option(help="What the prompts ask for.")]
_Images = Annotated[Path | None, typer.Option(help="Folder of the images, if not where the data set has them.")]
_Agent = Annotated[
    str | None, typer.Option(help="verl's agent loop; without it the recipe's: medsage, or single_turn_agent.")
]
_Limit = Annotated[int | None, typer.Option(min=1, help="Rows a file, at most; drawn by the seed.")]
_Seed = Annotated[int, typer.Option(help="The only source of chance.")]
_MaxPixels = Annotated[int, typer.Option(min=1, help="Pixels an image, at most; boxes are scaled with it.")]
_MultipleOf = Annotated[
    int, typer.Option(min=1, help="Sides of the images: 28 for Qwen2.5-VL, 32 for Qwen3-VL, 1 for any.")
]
_SplitBy = Annotated[
    SplitName, typer.Option(help="auto: the data's own if no image is in two; official: or refuse; image: by its hash.")
]
_Share = Annotated[float, typer.Option(min=0.0, max=0.9, help="Part of the images, where they are dealt out.")]
_Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first broken row.")]
_TextOnly = Annotated[bool, typer.Option("--text-only", help="Leave the images away: for a policy that sees none.")]
_Frame = Annotated[
    str | None, typer.Option(metavar="WxH", help="Frame that the boxes are written in, if not pixels of the file.")
]
_Language = Annotated[str | None, typer.Option(help="Of the questions; SLAKE: en (without this option) or zh.")]
_File = Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines.", show_default=False)]

data = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Turn data sets into verl's parquet files, and check such files.",
)


def _command(name: str, summary: str) -> Callable[..., None]:
    """A command that converts the data set ``name``."""

    def run(
        data: _DataFolder,
        out: _Out,
        recipe: _Recipe,
        images: _Images = None,
        agent: _Agent = None,
        limit: _Limit = None,
        seed: _Seed = 0,
        max_pixels: _MaxPixels = 512 * 28 * 28,
        multiple_of: _MultipleOf = 28,
        split: _SplitBy = SplitName.auto,
        val_share: _Share = 0.1,
        test_share: _Share = 0.1,
        strict: _Strict = False,
        text_only: _TextOnly = False,
        box_frame: _Frame = None,
        language: _Language = None,
    ) -> None:
        with _one_line():
            from medreward_trainer.data.convert import Job, convert
            from medreward_trainer.data.readers import SOURCES
            from medreward_trainer.data.recipes import RECIPES
            from medreward_trainer.data.report import Report
            from medreward_trainer.data.splits import Shares
            from medreward_trainer.data.types import ReadOptions

            if not data.exists():
                raise Unusable(f"--data: there is no {data}")
            if images is not None and not images.is_dir():
                raise Unusable(f"--images: {images} is no folder")
            source = SOURCES[name]
            if language is not None and language not in source.languages:
                raise Unusable(f"--language: {name} has {', '.join(source.languages) or 'one language only'}")
            if box_frame is not None and not source.frames:
                raise Unusable(f"--box-frame: {name} has no boxes, or says itself where they are")
            if data.is_dir() and out.resolve().is_relative_to(data.resolve()):
                # a reader of all JSON files would take the report for data the next time
                raise Unusable(f"--out: {out} lies inside --data")
            if val_share + test_share >= 1.0:
                raise Unusable("--val-share, --test-share: nothing is left for train")
            if max_pixels < 4 * multiple_of**2:
                raise Unusable(f"--max-pixels: must be at least {4 * multiple_of**2}, four squares of --multiple-of")
            job = Job(
                name=name,
                source=source,
                data=data,
                out=out,
                recipe=recipe.value,
                agent=agent or RECIPES[recipe.value].agent,
                images=images,
                limit=limit,
                seed=seed,
                max_pixels=max_pixels,
                multiple_of=multiple_of,
                by=split.value,
                shares=Shares(val_share, test_share),
                strict=strict,
                text_only=text_only,
                options=ReadOptions(language or ReadOptions().language, _frame(box_frame)),
            )
            told = {
                "limit": limit,
                "seed": seed,
                "max_pixels": max_pixels,
                "multiple_of": multiple_of,
                "split": split.value,
                "val_share": val_share,
                "test_share": test_share,
                "text_only": text_only,
                "box_frame": box_frame,
                "language": language,
            }
            report = Report(name, job.recipe, job.agent, told)
            try:
                with _progress() as progress:
                    convert(job, report, progress)
            finally:
                # also when nothing could be written: the reasons are what one wants to see then
                _show_left(report)
            _show_files(report)
            print(f"written to {out}")

    if name == "jsonl":
        run.__annotations__["data"] = _File  # one file, so it needs no option's name
    run.__doc__ = f"""{summary}

    Writes train.parquet, val.parquet, test.parquet and report.json, which counts every row that was left out.
    """
    return run


for _name, _summary in (
    ("slake", "SLAKE: radiology of five body parts, with boxes of organs and findings."),
    ("vqa-rad", "VQA-RAD: clinicians' questions on radiology images."),
    ("rad-restruct", "Rad-ReStruct: a chest X-ray report, asked question by question."),
    ("gemex", "GEMeX, GEMeX-RMCoT: chest X-rays with boxes, four question types."),
    ("sage", "SAGE (MEDSAGE): conversations with structured replies."),
    ("jsonl", "Your own data: JSON lines of the contract's rollout with 'image_file'."),
):
    data.command(_name)(_command(_name, _summary))


@data.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Files to read; several are taken for splits of one data set.")],
    agent: Annotated[list[str] | None, typer.Option(help="A further agent loop that rows may name.")] = None,
    show: Annotated[int, typer.Option(min=0, help="Findings of a kind that are listed for a file.")] = 5,
) -> None:
    """Print everything that is wrong with verl's parquet files; exit code 1 if anything is.

    \b
    Example:
      medreward-train data check data/train.parquet data/val.parquet
    """
    with _one_line():
        from medreward_trainer.data.check import check as check_files
        from medreward_trainer.data.recipes import AGENTS

        with _progress() as progress:
            checked = check_files(files, {*AGENTS, *(agent or ())}, show, progress)
        _show_checked(checked)
        if checked.counts:
            raise typer.Exit(FAILED)


def _frame(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    sides = re.fullmatch(r"([1-9][0-9]{0,5})[xX]([1-9][0-9]{0,5})", text)
    if sides is None:
        raise Unusable(f"--box-frame: {text!r} is not a width and a height, as in 336x336")
    return int(sides[1]), int(sides[2])


def _show_files(report: Report) -> None:
    from rich.table import Table

    out = console.out()
    out.print(f"{report.source} for {report.recipe}; splits: {report.split}", soft_wrap=True)
    table = Table()
    for heading in ("file", "rows", "images", "boxes", "question types"):
        table.add_column(heading)
    for split, file in report.files.items():
        kinds = ", ".join(f"{kind} {count}" for kind, count in file.question_types.items())
        table.add_row(split, str(file.rows), str(file.images), str(file.boxes), kinds)
    out.print(table)


def _show_left(report: Report) -> None:
    from rich.table import Table

    out = console.out()
    if report.left_out:
        out.print(f"left out, of {report.read} rows read:")
        table = Table()
        for heading in ("rows", "reason", "broken", "first"):
            table.add_column(heading)
        for reason, rows in sorted(report.left_out.items(), key=lambda item: -item[1].rows):
            table.add_row(str(rows.rows), reason, "yes" if rows.broken else "", rows.examples[0])
        out.print(table)
    for note in report.notes:
        out.print(f"note: {note}", soft_wrap=True)


def _show_checked(checked: Checked) -> None:
    from rich.table import Table

    out = console.out()
    for (file, kind), count in checked.counts.items():
        out.print(f"{file}: {kind}: {count}", soft_wrap=True)
        listed = [one for one in checked.findings if (one.file, one.kind) == (file, kind)]
        for one in listed:
            place = "file" if one.row is None else f"row {one.row}"
            out.print(f"  {': '.join(part for part in (place, one.field, one.detail) if part)}", soft_wrap=True)
        if count > len(listed):
            out.print(f"  and {count - len(listed)} more")
    table = Table()
    for heading in ("file", "rows", "images", "question types", "mean prompt chars", "boxes", "wrong"):
        table.add_column(heading)
    for file, seen in checked.summaries.items():
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(seen.question_types.items()))
        mean = f"{seen.prompt_chars / seen.rows:.0f}" if seen.rows else ""
        wrong = sum(count for (of, _), count in checked.counts.items() if of == file)
        table.add_row(file, str(seen.rows), str(len(seen.images)), kinds, mean, str(seen.boxes), str(wrong))
    out.print(table)


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """A line on stderr, if it is a terminal, for each step with the rows done."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}: {task.completed} rows"), TimeElapsedColumn())
    screen = Console(file=sys.stderr)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        tasks: dict[str, object] = {}

        def step(name: str, done: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=None)
            if done % 64:
                return  # a bar that is told of every row would take longer than the row
            bar.update(tasks[name], completed=done + 1)  # type: ignore[arg-type]

        yield step


@contextmanager
def _one_line() -> Iterator[None]:
    """As ``errors.one_line``, which knows the scorer's errors and so needs what trains the scorer."""
    from medreward.yaml_file import YamlError
    from medreward_trainer.data.types import DataError

    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in ("pyarrow", "PIL"):
            raise
        _exit(f"needs {error.name}: pip install 'medreward[data]'", FAILED)
    except (Unusable, DataError, YamlError) as error:
        _exit(str(error), UNUSABLE)
    except OSError as error:
        _exit(f"{error.filename}: {error.strerror}" if error.filename else str(error), FAILED)
    except KeyboardInterrupt:
        _exit("interrupted", INTERRUPTED)


def _exit(message: str, code: int) -> None:
    print(f"medreward-train: {' '.join(message.split())}", file=sys.stderr)
    raise typer.Exit(code) from None
