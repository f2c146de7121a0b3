"""The audit log in the chart: the directory that the settings name is a volume of the pods that write it."""

from __future__ import annotations

from typing import Any

import yaml

from tests.helm.chart import render
from tests.helm.documents import the
from tests.helm.pods import ray_pods
from tests.helm.profiles import GPU, PROFILES


def settings(name: str) -> Any:
    """What the application is given."""
    service = the(render(PROFILES[name]), "RayService")
    (application,) = yaml.safe_load(service["spec"]["serveConfigV2"])["applications"]
    return application["args"].get("audit")


def volumes(name: str) -> dict[str, tuple[str, Any]]:
    """Group of pods -> where its volume is mounted, and what it is."""
    found = {}
    for group, pod in ray_pods(render(PROFILES[name])).items():
        mounts = [mount for one in pod.containers for mount in one["volumeMounts"] if mount["name"] == "audit"]
        for mount in mounts:
            (volume,) = (volume for volume in pod.spec["volumes"] if volume["name"] == "audit")
            found[group] = (mount["mountPath"], {key: value for key, value in volume.items() if key != "name"})
    return found


def test_it_is_off_by_default() -> None:
    assert PROFILES["default"] == GPU
    assert settings("default") is None
    assert volumes("default") == {}


def test_the_pods_that_write_it_have_a_volume_where_the_settings_say() -> None:
    given = settings("audit")
    assert given["keep_mib"] == 4096
    assert volumes("audit") == {"ingress": (given["dir"], {"emptyDir": {"sizeLimit": "10Gi"}})}


def test_a_claim_takes_the_place_of_the_volume() -> None:
    given = settings("audit on a claim")
    assert given["texts"] is True
    assert volumes("audit on a claim") == {"ingress": (given["dir"], {"persistentVolumeClaim": {"claimName": "audit"}})}
