"""The command line itself: help, version, and how light it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from medreward import __version__
from medreward.cli.cluster import with_endpoints
from medreward.cli.serve import curl
from medreward.config import Settings, load_settings
from medreward.serve.environment import free_port

from .conftest import Medreward
from .running import Door, running

COMMANDS = ["serve", "score", "demo", "recipes", "rescore", "canary", "calibrate"]


def test_help_names_every_command(medreward: Medreward) -> None:
    text = medreward("--help").stdout
    assert all(f"\n  {command} " in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example(medreward: Medreward, command: str) -> None:
    done = medreward(command, "--help")
    assert done.exit_code == 0
    assert f"Example:\n    medreward {command}" in done.stdout


def test_version(medreward: Medreward) -> None:
    assert medreward("--version").stdout == f"medreward {__version__}\n"


def test_help_and_a_server_client_load_nothing_heavy() -> None:
    heavy = ("ray", "torch", "fastapi", "uvicorn", "scipy")
    code = f"import sys, medreward.cli; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_recipes_here_and_there_are_listed_alike(medreward: Medreward) -> None:
    here = medreward("recipes")
    assert here.exit_code == 0
    assert "0.2 self_check on self_check_tokens" in here.stdout
    with running(Door()) as server:
        assert medreward("recipes", "--url", server.url).stdout == here.stdout


def test_serve_refuses_settings_that_make_no_sense(tmp_path: Path, medreward: Medreward) -> None:
    (tmp_path / "s.yaml").write_text("http: {prot: 1}\n")
    done = medreward("serve", "--config", tmp_path / "s.yaml")
    assert (done.exit_code, "http.prot: Extra inputs" in done.stderr) == (2, True)


def test_serve_tells_of_a_bad_recipe_before_it_starts_anything(tmp_path: Path, medreward: Medreward) -> None:
    (tmp_path / "r.yaml").write_text("name: r\ncomponents: {nothing: {weight: 1}}\n")
    (tmp_path / "s.yaml").write_text(f"recipe_files: [{tmp_path / 'r.yaml'}]\n")
    done = medreward("serve", "--config", tmp_path / "s.yaml")
    assert (done.exit_code, "unknown reward 'nothing'" in done.stderr) == (2, True)


def test_serve_on_a_taken_port_is_one_line_and_exit_1(medreward: Medreward) -> None:
    with running(Door()) as server:
        done = medreward("serve", "--port", server.url.rpartition(":")[2], "--grpc-port", free_port())
    assert done.exit_code == 1
    assert "is taken on this machine" in done.stderr
    assert done.stderr.count("\n") == 1


def test_options_override_the_environment_and_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s.yaml").write_text("http: {port: 1, host: 0.0.0.0}\n")
    monkeypatch.setenv("MEDREWARD_GRPC__PORT", "2")
    settings = with_endpoints(load_settings(tmp_path / "s.yaml"), None, 3, 4)
    assert (settings.http.host, settings.http.port, settings.grpc.port) == ("0.0.0.0", 3, 4)
    assert with_endpoints(Settings(), None, None, None).grpc.port == 2


def test_the_printed_curl_example_works() -> None:
    with running(Door()) as server:
        done = subprocess.run(curl(server.url), shell=True, capture_output=True, text=True, timeout=30, check=True)
    assert '"reward":2.0' in done.stdout
