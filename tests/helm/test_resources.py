"""What is asked for adds up, and what is named is there."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest
import yaml

from medreward.config import Settings, load_settings
from tests.helm import placement
from tests.helm.chart import Values, merged, render
from tests.helm.documents import Document, of_kind, the
from tests.helm.pods import Group, all_pods, groups, ray_pods
from tests.helm.profiles import GPU, H200, PROFILES, TRAINER
from tests.helm.references import Reference, of_pod, of_variable
from tests.helm.schemas.quantity import amount

profile = pytest.mark.parametrize("name", PROFILES)
GIB = 2**30
NODE = {"nvidia.com/gpu": 8.0, "cpu": 96.0, "memory": 1024.0 * GIB}
"""of values-h200.yaml"""


@cache
def documents(name: str) -> list[Document]:
    return render(PROFILES[name])


def settings(found: list[Document]) -> Settings:
    config = yaml.safe_load(the(found, "RayService")["spec"]["serveConfigV2"])
    return load_settings(**config["applications"][0]["args"])


def workers(name: str) -> list[Group]:
    return list(groups(documents(name)))


@profile
@pytest.mark.parametrize("most", [False, True], ids=["at the beginning", "at most"])
def test_every_replica_finds_a_pod(name: str, most: bool) -> None:
    wanted = placement.replicas(settings(documents(name)), most=most)
    assert placement.homeless(wanted, workers(name), most=most) == []


@profile
def test_each_deployment_has_its_own_kind_of_pod(name: str) -> None:
    scorer = "scorer" if settings(documents(name)).scorer.gpus else "ingress"
    homes = {"Ingress": "ingress", "Judge": "ingress", "LLM": "judge", "Scorer": scorer}
    for replica in placement.replicas(settings(documents(name)), most=False):
        assert placement.homes(replica, workers(name)) == [homes[replica.deployment]]


@profile
def test_no_gpu_is_asked_for_that_nothing_uses(name: str) -> None:
    wanted = placement.replicas(settings(documents(name)), most=False)
    used = sum(replica.wants.get("GPU", 0.0) for replica in wanted)
    assert sum(group.offers["GPU"] * group.first for group in workers(name)) == used


@profile
def test_gpus_of_a_pod_are_what_ray_is_told(name: str) -> None:
    for group in workers(name):
        assert group.pod.limits.get("nvidia.com/gpu", 0.0) == group.offers["GPU"], group.name


@profile
def test_no_replica_runs_on_the_head(name: str) -> None:
    head = the(documents(name), "RayService")["spec"]["rayClusterConfig"]["headGroupSpec"]
    assert head["resources"] == {"CPU": "0"}


def node_sum(values: Values) -> dict[str, float]:
    found = render(values)
    total: Counter[str] = Counter()
    for group in groups(found):
        total.update({resource: much * group.most for resource, much in group.pod.limits.items()})
    (service,) = of_kind(found, "RayService")
    autoscaler = service["spec"]["rayClusterConfig"]["autoscalerOptions"]["resources"]["limits"]
    total.update({resource: float(amount(much)) for resource, much in autoscaler.items()})
    total.update(ray_pods(found)["head"].limits)
    for job in all_pods(of_kind(found, "RayJob")):
        total.update(job.limits)
    return dict(total)


def test_the_h200_profile_fits_on_one_node_with_its_trainer() -> None:
    for resource, much in node_sum(merged(H200, TRAINER)).items():
        assert much <= NODE[resource], f"{resource}: {much} of {NODE[resource]}"


def test_while_the_h200_profile_is_upgraded_what_serves_and_what_comes_fit_without_a_trainer() -> None:
    found = render(H200)
    serving = sum(g.offers["GPU"] * g.most for g in groups(found))
    coming = sum(g.offers["GPU"] * g.first for g in groups(found))
    assert serving + coming <= NODE["nvidia.com/gpu"]


@profile
def test_bounds_of_groups_hold_their_sizes(name: str) -> None:
    for group in workers(name):
        assert group.least <= group.first <= group.most, group.name


@profile
def test_every_object_that_a_pod_names_is_made_here_or_named_by_the_user(name: str) -> None:
    values = PROFILES[name]
    made = {(d["kind"], d["metadata"]["name"]) for d in documents(name)}
    named = set(texts(values))
    ray = the(documents(name), "RayService")["spec"]["rayClusterConfig"]
    password = ray.get("gcsFaultToleranceOptions", {}).get("redisPassword", {})
    wanted = [(pod.owner, reference) for pod in all_pods(documents(name)) for reference in of_pod(pod.spec)]
    wanted += [("gcsFaultToleranceOptions", reference) for reference in of_variable(password)]
    assert wanted
    lacking = [
        (owner, reference)
        for owner, reference in wanted
        if (reference.kind, reference.name) not in made
        and reference.name not in named
        and reference != Reference("ServiceAccount", "default")
    ]
    assert lacking == []


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def test_the_entry_of_the_secret_that_the_trainer_reads_is_there() -> None:
    found = render(merged(GPU, TRAINER))
    (pod,) = all_pods(of_kind(found, "RayJob"))
    (variable,) = (v for c in pod.containers for v in c["env"] if v["name"] == "MEDREWARD_API_KEY")
    wanted = variable["valueFrom"]["secretKeyRef"]
    assert wanted["key"] in the(found, "Secret", wanted["name"])["data"]


def test_the_entry_of_the_bundled_redis_that_ray_reads_is_there() -> None:
    found = documents("redis of its own")
    options = the(found, "RayService")["spec"]["rayClusterConfig"]["gcsFaultToleranceOptions"]
    service = the(found, "Service", options["redisAddress"].partition(":")[0])
    assert str(service["spec"]["ports"][0]["port"]) == options["redisAddress"].partition(":")[2]
    wanted = options["redisPassword"]["valueFrom"]["secretKeyRef"]
    assert wanted["key"] in the(found, "Secret", wanted["name"])["data"]


@profile
def test_shared_memory_holds_the_object_store_and_leaves_memory_to_the_process(name: str) -> None:
    cluster = the(documents(name), "RayService")["spec"]["rayClusterConfig"]
    for group in [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]:
        spec = group["template"]["spec"]
        (shm,) = (volume["emptyDir"] for volume in spec["volumes"] if volume["name"] == "shm")
        store = amount(group["rayStartParams"]["object-store-memory"])
        memory = amount(spec["containers"][0]["resources"]["limits"]["memory"])
        assert shm["medium"] == "Memory"
        assert 75 * 2**20 <= store <= amount(shm["sizeLimit"]) < memory


@profile
def test_a_pod_that_goes_has_longer_than_its_longest_request(name: str) -> None:
    found = settings(documents(name))
    service = the(documents(name), "RayService")["spec"]
    longest = found.limits.max_deadline_ms / 1000
    assert longest < found.drain_s
    assert found.drain_s < service["rayClusterDeletionDelaySeconds"]
    for group in workers(name):
        assert group.pod.spec["terminationGracePeriodSeconds"] > found.drain_s, group.name
