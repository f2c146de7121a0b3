"""The key that commands send to a server, and what ``medreward serve`` asks before it listens."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from medreward.assembly import build_desk, build_judge, build_pipeline
from medreward.cli.serve import curl
from medreward.config import RequestLimits, Settings
from medreward.ingress.auth import Doorkeeper
from medreward.ingress.http import create_app
from medreward.ingress.keys import Keys
from medreward.observability.observer import Observer

from .conftest import Medreward, closed, write
from .running import Answer, Door, running


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A server that asks for the key ``right``."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "cli").write_text("right\n")
    settings = Settings()
    judge = build_judge(settings.judge)
    pipeline, desk = build_pipeline(settings, judge=judge), build_desk(settings, judge)
    app = create_app(pipeline, desk, RequestLimits(), Observer(), Doorkeeper(Keys(tmp_path / "keys")))
    with running(app) as server:
        yield server.url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "rollouts.jsonl", [closed("1")])


def test_the_key_of_the_environment_is_sent(
    medreward: Medreward, monkeypatch: pytest.MonkeyPatch, url: str, file: Path
) -> None:
    monkeypatch.setenv("MEDREWARD_API_KEY", "right")
    done = medreward("score", file, "--recipe", "gemex", "--url", url)
    assert done.exit_code == 0, done.stderr
    assert medreward("canary", "--url", url, "--expect", "sound").exit_code == 0


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_without_the_key_a_command_ends_at_once_and_says_where_it_is_taken_from(
    medreward: Medreward, monkeypatch: pytest.MonkeyPatch, url: str, file: Path, key: str | None
) -> None:
    if key is None:
        monkeypatch.delenv("MEDREWARD_API_KEY", raising=False)
    else:
        monkeypatch.setenv("MEDREWARD_API_KEY", key)
    done = medreward("score", file, "--recipe", "gemex", "--url", url)
    assert done.exit_code == 2
    assert "401 unauthorized" in done.stderr
    assert "MEDREWARD_API_KEY" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("key", ["two words", "line\n", "ä"])
def test_what_can_be_no_key_is_refused_and_not_shown(
    medreward: Medreward, monkeypatch: pytest.MonkeyPatch, file: Path, key: str
) -> None:
    monkeypatch.setenv("MEDREWARD_API_KEY", key)
    done = medreward("score", file, "--recipe", "gemex", "--url", "http://127.0.0.1:1")
    assert (done.exit_code, key.strip() in done.stderr) == (2, False)
    assert "MEDREWARD_API_KEY: must be visible ASCII" in done.stderr


def test_a_key_that_a_proxy_echoes_is_not_shown(
    medreward: Medreward, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setenv("MEDREWARD_API_KEY", "s3cret")
    door = Door(lambda number: Answer(400, b"bad header: Bearer s3cret"))
    with running(door) as server:
        done = medreward("score", file, "--recipe", "gemex", "--url", server.url)
    assert done.exit_code == 2
    assert "bad header: Bearer [key]" in done.stderr
    assert "s3cret" not in done.stderr


def test_serve_does_not_listen_where_others_reach_it_without_keys(medreward: Medreward, tmp_path: Path) -> None:
    done = medreward("serve", "--host", "0.0.0.0")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert all(word in done.stderr for word in ("http.host", "auth.keys_dir", "auth.allow_anonymous"))
    (tmp_path / "s.yaml").write_text(f"auth: {{keys_dir: {tmp_path / 'absent'}}}\n")
    done = medreward("serve", "--config", tmp_path / "s.yaml")
    assert (done.exit_code, "auth.keys_dir" in done.stderr) == (2, True)


def test_the_printed_curl_example_takes_the_key_from_the_environment(url: str) -> None:
    for key, said in (("right", '"reward":2.0'), ("wrong", '"code":"unauthorized"')):
        environment = {**os.environ, "MEDREWARD_API_KEY": key}
        command = curl(url, keyed=True)
        done = subprocess.run(
            command, shell=True, capture_output=True, text=True, timeout=30, check=True, env=environment
        )
        assert said in done.stdout
