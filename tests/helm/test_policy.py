"""What a policy scanner finds in the objects of a release, but for what is argued here.

checkov 3.3.30 does not go into this project's environment (it pins packaging, networkx and cachetools lower), so it is
a program beside it: named by ``MEDREWARD_CHECKOV``, or on the PATH.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.helm.chart import render
from tests.helm.documents import Document
from tests.helm.pods import all_pods
from tests.helm.profiles import PROFILES

CHECKOV = os.environ.get("MEDREWARD_CHECKOV") or shutil.which("checkov")
pytestmark = pytest.mark.skipif(not CHECKOV, reason="checkov is not on the PATH, nor named by MEDREWARD_CHECKOV")
LIMIT_S = 300
EVERYWHERE = ""


class Excuse(NamedTuple):
    """A rule that does not hold, for objects whose name begins with ``of``, and why."""

    rule: str
    of: str
    reason: str


EXCUSES = [
    Excuse("CKV_K8S_43", EVERYWHERE, "images.*.digest is the user's to name; tags are of a release"),
    Excuse("CKV_K8S_15", EVERYWHERE, "tags are never moved, and Always would make a start depend on the registry"),
    Excuse("CKV_K8S_40", EVERYWHERE, "1000 is the user of the images; nothing of the host is mounted"),
    Excuse("CKV_K8S_8", "demo-medreward-test", "a pod that ends by itself has nothing to restart"),
    Excuse("CKV_K8S_9", "demo-medreward-test", "no Service leads to it"),
    Excuse("CKV_K8S_8", "ray-", "KubeRay adds the liveness probe, unless there is one already"),
    Excuse("CKV_K8S_9", "ray-", "KubeRay adds the readiness probe, unless there is one already"),
    Excuse("CKV_K8S_35", "ray-", "Hugging Face's and medreward's clients read their keys from the environment"),
    Excuse("CKV_K8S_35", "demo-medreward-redis", "redis-cli of the probes reads the password from the environment"),
    Excuse("CKV_K8S_38", "ray-head", "the autoscaler beside the head asks the API server for pods"),
]


def scannable(documents: list[Document]) -> list[Document]:
    """The documents, with the pods of Ray's kinds as pods: the scanner looks into no kind that it does not know."""
    found = [document for document in documents if not document["apiVersion"].startswith("ray.io/")]
    for number, pod in enumerate(all_pods([d for d in documents if d["apiVersion"].startswith("ray.io/")])):
        group = pod.labels.get("medreward.io/group", "trainer")
        metadata = {"name": f"ray-{group}-{number}", "namespace": "rewards", "labels": pod.labels}
        found.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod.spec})
    return found


def findings(documents: list[Document], directory: Path) -> tuple[int, set[tuple[str, str, str]]]:
    """How many checks passed; and rule, object and words of each that did not."""
    file = directory / "release.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    command = [str(CHECKOV), "-f", str(file), "--framework", "kubernetes", "--skip-download", "--compact", "-o", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    report = json.loads(ended.stdout)
    assert report["summary"]["parsing_errors"] == 0
    failed = report["results"]["failed_checks"]
    names = {(check["check_id"], check["resource"].split(".")[2], check["check_name"]) for check in failed}
    return report["summary"]["passed"], names


def excused(rule: str, name: str) -> list[Excuse]:
    return [excuse for excuse in EXCUSES if excuse.rule == rule and name.startswith(excuse.of)]


def test_nothing_is_found_but_what_is_argued_and_every_argument_is_needed(tmp_path: Path) -> None:
    passed, found = findings(scannable(render(PROFILES["everything"])), tmp_path)
    assert passed > 100
    assert sorted(finding for finding in found if not excused(*finding[:2])) == []
    needed = {excuse for rule, name, _ in found for excuse in excused(rule, name)}
    assert [excuse for excuse in EXCUSES if excuse not in needed] == []


def test_the_scanner_finds_a_pod_that_runs_as_root(tmp_path: Path) -> None:
    (pod,) = (d for d in scannable(render(PROFILES["default"])) if d["metadata"]["name"].startswith("ray-judge"))
    pod["spec"]["containers"][0]["securityContext"] = {"privileged": True, "runAsUser": 0}
    pod["spec"]["securityContext"] = {}
    _, found = findings([pod], tmp_path)
    assert {"CKV_K8S_16", "CKV_K8S_22", "CKV_K8S_23"} <= {
        rule for rule, _, _ in found if not excused(rule, "ray-judge")
    }
