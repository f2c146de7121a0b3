"""The image in use: a container that may do as little as the chart lets it, asked from outside."""

from __future__ import annotations

import httpx
import pytest

from medreward.contract import codec
from medreward.contract import types as t
from medreward.examples import load_examples
from tests.image.conftest import KEY, Service
from tests.image.podman import Podman, PodmanError

_ANSWER_S = 60.0
_DEADLINE_MS = 120_000
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def score(service: Service, recipe: str, **headers: str) -> httpx.Response:
    # long enough for the scorer to load its weights first
    request = t.ScoreRequest(recipe=recipe, rollouts=load_examples(recipe)[:1], deadline_ms=_DEADLINE_MS)
    body = codec.encode(request)
    return httpx.post(f"{service.url}/v1/score", content=body, headers=headers, timeout=_DEADLINE_MS / 1000 + _ANSWER_S)


def test_it_scores_for_who_has_a_key(service: Service) -> None:
    answer = score(service, "gemex", authorization=f"Bearer {KEY}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][0]["reward"] == 2.0


def test_the_scorer_has_its_weights_with_it(service: Service) -> None:
    answer = score(service, "medsage", authorization=f"Bearer {KEY}")
    components = answer.json()["results"][0]["components"]
    assert components["consistency"]["status"] == "ok", components


def test_it_refuses_who_has_none(service: Service) -> None:
    assert score(service, "gemex").status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/-/healthz"])
def test_probes_need_no_key(service: Service, path: str) -> None:
    assert httpx.get(f"{service.url}{path}", timeout=_ANSWER_S).status_code == 200


def test_kuberay_s_probe_of_a_worker_succeeds(podman: Podman, service: Service) -> None:
    probe = f"wget --tries 1 -T 30 -q -O- {service.url}/-/healthz | grep success"
    assert "success" in podman("exec", service.container, "bash", "-c", probe)


def test_its_root_cannot_be_written(podman: Podman, service: Service) -> None:
    for path in ("/file", "/opt/venv/file", "/etc/medreward/keys/file", "/var/tmp/file"):
        with pytest.raises(PodmanError, match="Read-only file system"):
            podman("exec", "--user=0", service.container, "touch", path)


def test_it_can_gain_no_rights(podman: Podman, service: Service) -> None:
    status = podman("exec", service.container, "cat", "/proc/1/status")
    rights = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert rights["NoNewPrivs"] == "1"
    assert {int(rights[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {0}


def test_its_memory_is_limited(podman: Podman, service: Service, confined: tuple[str, ...]) -> None:
    if "--memory=6g" not in confined:
        pytest.skip("this machine has no way to limit a container's memory")
    read = f"cat {' '.join(_LIMITS)} 2>/dev/null | head -n 1"
    assert podman("exec", service.container, "bash", "-c", read).strip() == str(6 * 2**30)
