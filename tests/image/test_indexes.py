from __future__ import annotations

import configparser
import tomllib
from pathlib import Path

from tests.image.indexes import CERTIFICATES, Indexes, read


def pip_of(found: Indexes) -> dict[str, str]:
    parsed = configparser.ConfigParser()
    parsed.read_string(found.pip)
    return dict(parsed["global"])


def test_without_configuration_nothing_is_named_and_nothing_mounted() -> None:
    found = read("")
    assert pip_of(found) == {}
    assert tomllib.loads(found.uv) == {"system-certs": True, "index-strategy": "unsafe-best-match"}
    assert found.mounts == {}


def test_the_environment_overrides_a_file() -> None:
    found = read("global.index-url='https://one.example/simple'\n:env:.index-url='https://two.example/simple'\n")
    assert pip_of(found)["index-url"] == tomllib.loads(found.uv)["index-url"] == "https://two.example/simple"


def test_what_may_be_many_adds_up_without_repeats(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    a, b = tmp_path / "a", tmp_path / "b"
    found = read(f"global.find-links='{a}'\n:env:.find-links='{b} {a}'\n")
    assert tomllib.loads(found.uv)["find-links"] == [str(a), str(b)]
    assert found.mounts == {a: a, b: b}


def test_an_index_on_disk_is_mounted_with_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "simple").mkdir()
    found = read(f"global.extra-index-url='file://{tmp_path}/simple https://one.example/simple'\n")
    assert tomllib.loads(found.uv)["extra-index-url"] == [f"file://{tmp_path}/simple", "https://one.example/simple"]
    assert found.mounts == {tmp_path: tmp_path}


def test_a_folder_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    found = read(f":env:.find-links='{tmp_path}/none'\n")
    assert pip_of(found) == {}
    assert found.mounts == {}


def test_authorities_of_ones_own_are_put_where_debian_looks(tmp_path: Path) -> None:
    own = tmp_path / "own.crt"
    own.touch()
    found = read(f":env:.cert='{own}'\n")
    assert pip_of(found)["cert"] == str(CERTIFICATES)
    assert found.mounts == {own: CERTIFICATES}


def test_hosts_that_are_trusted_are_told_to_both() -> None:
    found = read("global.trusted-host='one.example two.example'\n")
    assert pip_of(found)["trusted-host"] == "one.example two.example"
    assert tomllib.loads(found.uv)["allow-insecure-host"] == ["one.example", "two.example"]
