"""Lines of the log: of one shape, in one piece, and without a text of a patient."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import gc
import io
import json
import logging
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medreward.observability import logs_files
from medreward.observability.logs import configure
from medreward.observability.logs_withheld import without_messages
from medreward.observability.request_id import Request, work_for
from medreward.observability.tracing_settings import Logs

SECRET = "the patient has a zebrafish"
log = logging.getLogger("medreward.test")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    work_for(None)


def lines(directory: Path) -> list[dict[str, Any]]:
    (path,) = directory.glob("*.log")
    return [json.loads(line) for line in path.read_text().splitlines()]


def into(directory: Path, **fields: Any) -> Path:
    configure(Logs.model_validate({"format": "json", "dir": directory, **fields}), "ingress")
    return directory


def test_a_line_has_time_level_logger_message_service_and_the_request(tmp_path: Path) -> None:
    into(tmp_path)
    work_for(Request("step-7", "trainer"))
    log.info("hello %s", "there", extra={"rollout": "r1", "group": "g1"})
    (line,) = lines(tmp_path)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "INFO",
        "logger": "medreward.test",
        "message": "hello there",
        "service": "ingress",
        "request_id": "step-7",
        "client": "trainer",
        "rollout": "r1",
        "group": "g1",
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_id_begins_a_line_of_its_own(tmp_path: Path, form: str) -> None:
    into(tmp_path, format=form)
    evil = 'x\n2026-01-01 ERROR forged\r\x1b[31m\u2028"}\x85\ud800'
    log.info("about %s", evil, extra={"rollout": evil, "group": [evil]})
    (path,) = tmp_path.glob("*.log")
    (line,) = path.read_text().splitlines()
    assert "forged" in line
    assert line.isprintable()
    if form == "json":
        assert json.loads(line)["rollout"] == evil


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_is_told_by_its_types_and_places_alone(tmp_path: Path, form: str) -> None:
    into(tmp_path, format=form)
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(f"no number: {SECRET}") from error
    except ValueError:
        log.exception("reward failed")
    (path,) = tmp_path.glob("*.log")
    told = path.read_text()
    assert "zebrafish" not in told.replace("raise KeyError(SECRET)", "")
    assert "KeyError" in told
    assert "ValueError" in told
    assert "test_logs.py" in told


def test_with_texts_an_exception_has_its_message(tmp_path: Path) -> None:
    into(tmp_path, texts=True)
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("reward failed")
    assert SECRET in lines(tmp_path)[0]["exception"]


def test_exceptions_of_a_group_and_of_a_ring_are_withheld() -> None:
    one, other = ValueError(SECRET), KeyError(SECRET)
    one.__context__, other.__context__ = other, one
    told = without_messages(ExceptionGroup(SECRET, [one, OSError(SECRET)]))
    assert SECRET not in told
    for kind in ("ExceptionGroup", "ValueError", "KeyError", "OSError"):
        assert kind in told


def test_the_log_of_ray_serve_withholds_messages_too(tmp_path: Path) -> None:
    into(tmp_path)
    serve, stream = logging.getLogger("ray.serve"), io.StringIO()
    handler = logging.StreamHandler(stream)
    serve.addHandler(handler)
    try:
        raise ValueError(SECRET)
    except ValueError:
        serve.exception("Request failed.")
    finally:
        serve.removeHandler(handler)
    assert "ValueError" in stream.getvalue()
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_asyncio_says_of_an_exception_has_neither_its_message_nor_arguments(tmp_path: Path, form: str) -> None:
    into(tmp_path, format=form)

    def fails(text: str) -> None:
        raise ValueError(text)

    async def run() -> None:
        asyncio.get_running_loop().call_soon(fails, SECRET)
        task = asyncio.ensure_future(asyncio.to_thread(fails, SECRET))
        await asyncio.wait([task])
        # nobody asks for what it raised
        del task
        gc.collect()

    asyncio.run(run())
    (path,) = tmp_path.glob("*.log")
    told = path.read_text()
    assert "Exception in callback" in told
    assert "Task exception was never retrieved" in told
    assert told.count("ValueError (its message is withheld") == 2
    assert "zebrafish" not in told
    assert SECRET[:12] not in told


@pytest.mark.parametrize("directory", [True, False], ids=["file", "stderr"])
def test_a_log_that_cannot_be_written_tells_no_text_of_what_it_was_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], directory: bool
) -> None:
    def full(self: logging.StreamHandler[Any], record: logging.LogRecord) -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            self.handleError(record)

    configure(Logs(dir=tmp_path if directory else None), "ingress")
    monkeypatch.setattr(logging.StreamHandler, "emit", full)
    theirs = logging.Handler()
    theirs.emit = theirs.handleError  # type: ignore[method-assign]
    logging.getLogger("ray.serve").addHandler(theirs)
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("reward failed: %s", SECRET)
        logging.getLogger("ray.serve").exception(SECRET)
    finally:
        logging.getLogger("ray.serve").removeHandler(theirs)
    told = capsys.readouterr().err
    assert "a line of the log could not be written: OSError\n" in told
    assert "zebrafish" not in told


def test_processes_of_one_id_have_files_of_their_own(tmp_path: Path) -> None:
    into(tmp_path)
    into(tmp_path)
    assert len(list(tmp_path.glob(f"ingress-*-{os.getpid()}-*.log"))) == 2


def test_of_the_files_that_nobody_writes_to_the_newest_stay(tmp_path: Path) -> None:
    for number in range(30):
        for name in (f"ingress-{number:02d}.log", f"ingress-{number:02d}.log.1", f"judge-{number:02d}.log"):
            (tmp_path / name).write_text("old\n")
            os.utime(tmp_path / name, (number, number))
    with (tmp_path / "ingress-03.log").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        into(tmp_path)
    left = {path.name for path in tmp_path.glob("ingress-??.log*")}
    stay = [3, *range(11, 30)]
    assert left == {f"ingress-{number:02d}.log{end}" for number in stay for end in ("", ".1")}
    assert len(list(tmp_path.glob("judge-*.log"))) == 30


def test_warnings_of_other_libraries_come_in_the_same_form(tmp_path: Path) -> None:
    into(tmp_path)
    logging.getLogger("asyncio").warning("slow")
    logging.getLogger("asyncio").debug("not this")
    assert [line["message"] for line in lines(tmp_path)] == ["slow"]


def test_the_level_is_of_our_loggers(tmp_path: Path) -> None:
    into(tmp_path, level="WARNING")
    log.info("not this")
    log.warning("this")
    assert [line["message"] for line in lines(tmp_path)] == ["this"]


def test_a_file_of_the_log_is_read_by_its_user_alone(tmp_path: Path) -> None:
    into(tmp_path / "made")
    log.info("one")
    (path,) = (tmp_path / "made").glob("*.log")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_to_configure_again_writes_no_line_twice(tmp_path: Path) -> None:
    into(tmp_path)
    into(tmp_path)
    log.info("once")
    assert "".join(path.read_text() for path in tmp_path.glob("*.log")).count("once") == 1


def test_without_a_directory_lines_go_to_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure(Logs(), "ingress")
    log.info("hello", extra={"code": "ok"})
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("INFO ingress medreward.test: hello code=ok")


def test_a_file_that_is_full_makes_room_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs_files, "_FILE_BYTES", 1000)
    into(tmp_path)
    for number in range(20):
        log.info("line %d", number)
    (path,) = tmp_path.glob("*.log")
    (before,) = tmp_path.glob("*.log.1")
    assert path.stat().st_size < 1500
    assert before.stat().st_size < 1500
    assert lines(tmp_path)[-1]["message"] == "line 19"


def test_what_is_noted_on_a_record_for_others_is_no_field(tmp_path: Path) -> None:
    into(tmp_path)
    log.info("hello", extra={"_noted": 1})
    assert "_noted" not in lines(tmp_path)[0]
