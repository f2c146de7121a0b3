from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from medreward.serve.environment import free_port
from tests.image import base, indexes
from tests.image import podman as pod

ROOT = Path(__file__).parents[2]
KEY = "a-key-of-32-characters-for-a-test"
_BUILD_S = 1800.0
_READY_S = 300.0


class Service(NamedTuple):
    """``medreward serve`` in a container, as strict as the chart's pods are."""

    url: str
    container: str


@pytest.fixture(scope="session")
def podman() -> Iterator[pod.Podman]:
    """With a base image, ``localhost/base``; skips where containers cannot be built or run, and says why."""
    missing = [name for name in (*pod.PROGRAMS, *base.PROGRAMS) if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("only root can make the base image")
    # not under pytest's own directory: it keeps the last three, and an image is large
    directory = Path(tempfile.mkdtemp(prefix="mr-image-", dir="/var/tmp"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        try:
            archive = directory / "base.tar"
            base.make(archive)
            (directory / "podman").mkdir()
            podman = pod.Podman(directory / "podman")
            stack.callback(podman.close)
            podman("import", "--quiet", str(archive), "localhost/base")
            archive.unlink()
            pod.works(podman, "localhost/base")
        except (base.BaseError, pod.PodmanError) as error:
            pytest.skip(f"no container can be built or run here: {error}")
        yield podman


@pytest.fixture(scope="session")
def rewards(podman: pod.Podman, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image of the head, the ingress and the scorer, with torch for CPUs."""
    found = indexes.of_this_machine()
    secrets = tmp_path_factory.mktemp("secrets")
    (secrets / "pip.conf").write_text(found.pip)
    (secrets / "uv.toml").write_text(found.uv)
    return podman.build(
        ROOT,
        "services/Dockerfile",
        "rewards",
        arguments={"BASE": "localhost/base", "TORCH_BUILD": "+cpu"},
        secrets={"pip": secrets / "pip.conf", "uv": secrets / "uv.toml"},
        mounts=found.mounts,
        limit_s=_BUILD_S,
    )


@pytest.fixture(scope="session")
def confined(podman: pod.Podman, rewards: str) -> tuple[str, ...]:
    """Options of a container: nothing can be written but /tmp, no rights beyond its user's, memory where there is
    a way to limit it."""
    options: tuple[str, ...] = ("--cap-drop=all", "--security-opt=no-new-privileges", "--shm-size=1g")
    options += ("--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp:rw,mode=1777,size=2g")
    try:
        podman("run", "--rm", "--network=host", "--memory=6g", rewards, "true")
    except pod.PodmanError:
        return options
    return (*options, "--memory=6g")


@pytest.fixture(scope="session")
def service(
    podman: pod.Podman, rewards: str, confined: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    keys = tmp_path_factory.mktemp("keys")
    (keys / "trainer").write_text(KEY)
    keys.chmod(0o755)
    port, grpc_port = free_port(), free_port()
    mounted = (f"--volume={keys}:/etc/medreward/keys:ro", "--env=MEDREWARD_AUTH__KEYS_DIR=/etc/medreward/keys")
    options = (*confined, "--network=host", *mounted)
    command = ("medreward", "serve", "--host", "0.0.0.0", "--port", str(port), "--grpc-port", str(grpc_port))
    with podman.running(rewards, *command, options=options) as container:
        found = Service(f"http://127.0.0.1:{port}", container)
        _wait_until_ready(podman, found)
        yield found


def _wait_until_ready(podman: pod.Podman, service: Service) -> None:
    until = time.monotonic() + _READY_S
    while time.monotonic() < until:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{service.url}/readyz", timeout=10).status_code == 200:
                return
        if podman("inspect", "--format", "{{.State.Running}}", service.container).strip() != "true":
            break
        time.sleep(0.5)
    raise RuntimeError(f"the service did not get ready:\n{podman.logs(service.container)[-4000:]}")
