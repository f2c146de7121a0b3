"""API keys come and go with their files, and never all at once by a slip."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from medreward.ingress.keys import Keys, KeysError


class Clock:
    """Stands still unless told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """A directory as kubelet mounts a Secret: links to files in a hidden directory, behind one link that it swaps."""
    swap(tmp_path, "..2001", {"trainer": "one\n", "eval": "two"})
    return tmp_path


def swap(directory: Path, version: str, keys: dict[str, str]) -> None:
    """What kubelet does when the Secret changes."""
    (directory / version).mkdir()
    for client, key in keys.items():
        (directory / version / client).write_text(key)
    (directory / "..next").symlink_to(version)
    os.replace(directory / "..next", directory / "..data")
    for path in directory.iterdir():
        if not path.name.startswith("..") and path.name not in keys:
            path.unlink()
    for client in keys:
        link = directory / client
        if not link.is_symlink():
            link.symlink_to(Path("..data") / client)


def test_a_key_is_its_files_text_and_belongs_to_the_client_of_its_name(mounted: Path) -> None:
    keys = Keys(mounted)
    assert keys.clients == ["eval", "trainer"]
    assert (keys.client_of(b"one"), keys.client_of(b"two")) == ("trainer", "eval")


@pytest.mark.parametrize("wrong", [b"", b"on", b"one\n", b"One", b"one two", b"\xff", b"x" * 100_000])
def test_what_is_nobodys_key_has_no_client(mounted: Path, wrong: bytes) -> None:
    assert Keys(mounted).client_of(wrong) is None


def test_hidden_files_and_directories_are_no_keys(mounted: Path) -> None:
    (mounted / ".hidden").write_text("three")
    (mounted / "folder").mkdir()
    keys = Keys(mounted)
    assert keys.clients == ["eval", "trainer"]
    assert keys.client_of(b"three") is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "trainer: is empty"),
        (" \n", "trainer: is empty"),
        ("s3cret key", "blank"),
        ("ä", "ASCII"),
        ("x" * 4097, "4096"),
    ],
)
def test_a_file_that_is_no_key_is_refused_by_name_and_never_shown(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "trainer").write_text(content)
    with pytest.raises(KeysError, match=says) as caught:
        Keys(tmp_path)
    assert not content.strip() or content not in str(caught.value)


def test_no_directory_and_no_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="absent: cannot be read"):
        Keys(tmp_path / "absent")
    with pytest.raises(KeysError, match="holds no key"):
        Keys(tmp_path)
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(KeysError, match="dangling: cannot be read"):
        Keys(tmp_path)


def test_a_swapped_secret_is_read_again_without_a_restart(mounted: Path, clock: Clock) -> None:
    keys = Keys(mounted, clock)
    swap(mounted, "..2002", {"trainer": "new", "other": "four"})
    assert keys.client_of(b"one") == "trainer", "it is not looked at with every request"
    clock.now += 2.0
    assert keys.client_of(b"one") is None
    assert (keys.client_of(b"new"), keys.client_of(b"four"), keys.client_of(b"two")) == ("trainer", "other", None)


def test_a_file_written_anew_is_read_again(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "trainer").write_text("old")
    keys = Keys(tmp_path, clock)
    (tmp_path / "trainer").write_text("newer")
    clock.now += 2.0
    assert (keys.client_of(b"old"), keys.client_of(b"newer")) == (None, "trainer")


def test_a_directory_that_breaks_keeps_the_last_good_keys_and_says_so_once(
    mounted: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    keys = Keys(mounted, clock)
    with caplog.at_level(logging.INFO):
        swap(mounted, "..2002", {"trainer": ""})
        for _ in range(3):
            clock.now += 2.0
            assert keys.client_of(b"one") == "trainer"
            assert keys.client_of(b"two") == "eval"
        assert ["stay as they were" in record.getMessage() for record in caplog.records] == [True]
        swap(mounted, "..2003", {"trainer": "five"})
        clock.now += 2.0
        assert (keys.client_of(b"five"), keys.client_of(b"one")) == ("trainer", None)
    assert "read again; clients: trainer" in caplog.records[-1].getMessage()
    assert "five" not in caplog.text


def test_a_directory_that_is_mended_as_it_was_may_break_again_aloud(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "trainer").write_text("one")
    keys = Keys(tmp_path, clock)
    for _ in range(2):
        (tmp_path / "trainer").rename(tmp_path / ".away")
        clock.now += 2.0
        assert keys.client_of(b"one") == "trainer"
        (tmp_path / ".away").rename(tmp_path / "trainer")
        clock.now += 2.0
        assert keys.client_of(b"one") == "trainer"
    assert [record.levelname for record in caplog.records].count("ERROR") == 2
