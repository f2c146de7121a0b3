"""What stands before the replicas is chosen by looking, and said."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from medreward.serve import environment
from medreward.serve.environment import Proxy, ProxyError, choose_proxy, is_free, variables


def test_rays_own_proxy_can_be_asked_for() -> None:
    assert choose_proxy("ray").kind == "ray"


def test_where_haproxy_cannot_run_auto_falls_back_and_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAY_SERVE_HAPROXY_BINARY_PATH", str(tmp_path / "no-such-binary"))
    proxy = choose_proxy("auto")
    assert proxy.kind == "ray"
    assert "no-such-binary" in proxy.reason
    assert "slower" in proxy.reason
    with pytest.raises(ProxyError, match="no-such-binary"):
        choose_proxy("haproxy")


def test_a_binary_that_does_not_run_is_no_haproxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary = tmp_path / "haproxy"
    binary.write_text("#!/bin/sh\nexit 1\n")
    binary.chmod(0o755)
    monkeypatch.setenv("RAY_SERVE_HAPROXY_BINARY_PATH", str(binary))
    assert choose_proxy("auto").kind == "ray"


def test_the_ports_of_a_cluster_are_free_and_its_own(tmp_path: Path) -> None:
    names = [name for name in variables(Proxy("haproxy", ""), tmp_path) if name.endswith("PORT")]
    one = variables(Proxy("haproxy", ""), tmp_path)
    ports = [one[name] for name in names]
    assert len(set(ports)) == len(ports)
    assert all(is_free(int(port)) for port in ports)


def test_a_taken_port_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not is_free(taken.getsockname()[1])


def test_the_environment_must_come_before_ray() -> None:
    code = (
        "import sys; sys.modules['ray'] = sys\n"
        "from medreward.serve.environment import Proxy, prepare\n"
        "prepare(Proxy('ray', ''), None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "before ray is imported" in done.stderr


def test_the_module_itself_imports_no_ray() -> None:
    assert "import ray\n" not in Path(environment.__file__).read_text()
