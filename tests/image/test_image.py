"""What is in the image, and what is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from tests.image.conftest import ROOT
from tests.image.podman import Podman, PodmanError

Inside = Callable[..., str]
_RAY_S = 300.0
_VERSIONS = "from importlib.metadata import distributions as d; print(*(f'{x.name}=={x.version}' for x in d()))"
# of each file's compiled form: whether it is there, and its flags (1: never checked against the source)
_COMPILED = """
import importlib.util, pathlib, medreward, ray
for package in (medreward, ray):
    for file in pathlib.Path(package.__file__).parent.glob("*.py"):
        compiled = pathlib.Path(importlib.util.cache_from_source(str(file)))
        assert compiled.exists(), file
        assert compiled.read_bytes()[4:8] == bytes([1, 0, 0, 0]), file
"""


@pytest.fixture
def inside(podman: Podman, rewards: str) -> Inside:
    """Runs a command in the image and returns what it printed."""

    def run(*command: str, options: tuple[str, ...] = (), limit_s: float = 120.0) -> str:
        return podman("run", "--rm", "--network=none", *options, rewards, *command, limit_s=limit_s)

    return run


def test_its_size_is_told(podman: Podman, rewards: str, record_property: Callable[[str, object], None]) -> None:
    size = int(podman("image", "inspect", "--format", "{{.Size}}", rewards))
    record_property("image_bytes", size)
    print(f"image: {size / 1e9:.2f} GB")
    assert size < 5e9, "torch for GPUs, or a build's leftovers, are in it"


def test_it_says_what_it_is(podman: Podman, rewards: str) -> None:
    config = json.loads(podman("image", "inspect", "--format", "{{json .Config}}", rewards))
    assert config["User"] == "1000:1000"
    assert config["Cmd"] == ["medreward", "serve", "--host", "0.0.0.0"]
    assert config["Labels"]["org.opencontainers.image.title"] == "medreward"
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    told = [name for name in map(str, config["Env"]) if name.startswith(("PIP_", "UV_"))]
    assert told == [], "where packages came from is nobody's business"


def test_it_runs_as_a_user_that_is_not_root(inside: Inside) -> None:
    assert inside("id").startswith("uid=1000(medreward) gid=1000(medreward)")


def test_no_file_gives_the_rights_of_another(inside: Inside) -> None:
    assert inside("find", "/", "-xdev", "-type", "f", "-perm", "/6000", options=("--user=0",)) == ""


def test_its_user_owns_and_changes_nothing_outside_of_tmp(inside: Inside) -> None:
    find = "find / -xdev -type f,d -writable 2>/dev/null || true"  # what it may not even look into is not its own
    found = inside("bash", "-c", find).split()
    assert [path for path in found if not path.startswith(("/tmp", "/var/tmp", "/run/lock"))] == []


def test_what_kuberay_s_probe_needs_is_there(inside: Inside) -> None:
    assert len(inside("bash", "-c", "command -v bash wget grep").split()) == 3


@pytest.mark.parametrize("flags", ["-c", "-lc"])
def test_a_shell_finds_ray_and_its_python(inside: Inside, flags: str) -> None:
    """KubeRay starts ``ray`` by a shell, on request by a login shell."""
    assert inside("bash", flags, "command -v ray medreward python").split() == [
        "/opt/venv/bin/ray",
        "/opt/venv/bin/medreward",
        "/opt/venv/bin/python",
    ]


def test_nothing_compiles_or_installs(inside: Inside) -> None:
    assert inside("bash", "-c", "command -v gcc g++ cc c++ clang ld make uv || true") == ""
    assert inside("bash", "-c", "ls /opt/venv/bin | grep ^pip || true") == ""
    with pytest.raises(PodmanError, match="No module named pip"):
        inside("python", "-m", "pip")


def test_its_packages_are_the_pinned_ones(inside: Inside) -> None:
    """And none is there that is not pinned, of a developer's tools above all."""
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / ".ci/constraints.txt").read_text(), re.MULTILINE))
    pinned = {_plain(name): version for name, version in pinned.items()}
    found = dict(item.split("==") for item in inside("python", "-c", _VERSIONS).split())
    found = {_plain(name): version.partition("+")[0] for name, version in found.items()}
    assert found.pop("medreward")
    assert found == {name: pinned.get(name) for name in found}
    assert {"torch", "ray", "transformers"} <= set(found)
    assert not {"pytest", "mypy", "ruff", "verl", "hatchling"} & set(found)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_its_code_is_compiled_once_and_for_all(inside: Inside) -> None:
    inside("python", "-c", _COMPILED)


def test_ray_starts_as_kuberay_starts_it(inside: Inside, confined: tuple[str, ...]) -> None:
    """With a root that is read-only, and its files under /tmp."""
    start = "ray start --head --num-cpus=1 --dashboard-host=0.0.0.0 --metrics-export-port=8080"
    check = "wget --tries 1 -T 30 -q -O- http://127.0.0.1:52365/api/local_raylet_healthz | grep -q success"
    wait = f"for _ in $(seq 60); do {check} && exit 0; sleep 1; done; exit 1"
    inside("bash", "-c", "--", f"{start} && ray health-check && {wait}", options=confined, limit_s=_RAY_S)
