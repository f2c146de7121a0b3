"""What is followed is shown once, whole line by whole line, over rotations."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path

from medreward.observability.logs_follow import Follower

LIMIT_S = 30.0


class Out(io.BytesIO):
    """Bytes that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._came = threading.Condition()

    def write(self, data: object) -> int:
        with self._came:
            written = super().write(data)  # type: ignore[arg-type]
            self._came.notify_all()
            return written

    def wait(self, text: bytes) -> None:
        until = time.monotonic() + LIMIT_S
        with self._came:
            while text not in self.getvalue():
                assert self._came.wait(until - time.monotonic()), self.getvalue()


def test_lines_of_files_that_come_later_are_shown_in_their_order(tmp_path: Path) -> None:
    out = Out()
    with Follower(tmp_path / "logs", out):
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "a.log").write_bytes(b"one\ntwo\nthr")
        out.wait(b"two\n")
        with (tmp_path / "logs" / "a.log").open("ab") as file:
            file.write(b"ee\n")
        out.wait(b"three\n")
        (tmp_path / "logs" / "b.log").write_bytes(b"four\n")
    assert out.getvalue() == b"one\ntwo\nthree\nfour\n"


def test_what_was_there_before_is_not_shown_again(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"old\n")
    out = Out()
    with Follower(tmp_path, out), (tmp_path / "a.log").open("ab") as file:
        file.write(b"new\n")
    assert out.getvalue() == b"new\n"


def test_a_rotation_loses_no_line_and_repeats_none(tmp_path: Path) -> None:
    path, out = tmp_path / "a.log", Out()
    path.write_bytes(b"")
    with Follower(tmp_path, out):
        for number in range(20):
            with path.open("ab") as file:
                file.write(f"{number} before\n".encode())
            os.replace(path, tmp_path / "a.log.1")
            path.write_bytes(f"{number} after\n".encode())
            out.wait(f"{number} after\n".encode())
    expected = "".join(f"{number} before\n{number} after\n" for number in range(20))
    assert out.getvalue().decode() == expected


def test_what_is_no_file_to_read_is_passed_over(tmp_path: Path) -> None:
    def odd(name: str) -> None:
        (tmp_path / f"{name}-gone.log").symlink_to(tmp_path / "nowhere")
        (tmp_path / f"{name}-directory.log").mkdir()
        os.mkfifo(tmp_path / f"{name}-pipe.log")

    odd("a")
    out = Out()
    with Follower(tmp_path, out):
        odd("b")
        (tmp_path / "c.log").write_bytes(b"one\n")
        out.wait(b"one\n")
        (tmp_path / "c.log").rename(tmp_path / "c.log.1")
        (tmp_path / "c.log").mkdir()
        (tmp_path / "d.log").write_bytes(b"two\n")
        out.wait(b"two\n")
        (tmp_path / "c.log").rmdir()
        (tmp_path / "c.log").write_bytes(b"three\n")
        out.wait(b"three\n")
    assert out.getvalue() == b"one\ntwo\nthree\n"
