"""The application that a cluster is given, looked at without one."""

from __future__ import annotations

from typing import Any

import pytest
from ray.serve import Application, Deployment

from medreward.config import ConfigError, Settings, load_settings
from medreward.judge.settings import VLLM
from medreward.serve import llm
from medreward.serve.app import bind, build
from medreward.serve.local import _cpus_wanted, _resources_named

CLUSTER: dict[str, Any] = {
    "drain_s": 630,
    "ingress": {
        "replicas": 2,
        "resources": {"medreward_ingress": 0.001},
        "autoscaling": {"max_replicas": 8, "target_ongoing_requests": 16, "upscale_delay_s": 5},
    },
    "judge": {"resources": {"medreward_ingress": 0.002}},
    "scorer": {"replicas": 3, "gpus": 0.5, "resources": {"medreward_scorer": 0.001}},
}


def deployments(application: Application) -> dict[str, Deployment]:
    deployment: Any = application._bound_deployment
    found = {deployment.name: deployment}
    for argument in deployment.init_args:
        if isinstance(argument, Application):
            found |= deployments(argument)
    return found


@pytest.fixture(scope="module")
def deployed() -> dict[str, Deployment]:
    return deployments(bind(load_settings(**CLUSTER)))


def test_each_deployment_takes_its_custom_resources(deployed: dict[str, Deployment]) -> None:
    taken = {name: (one.ray_actor_options or {}).get("resources") for name, one in deployed.items()}
    assert taken == {
        "Ingress": {"medreward_ingress": 0.001},
        "Judge": {"medreward_ingress": 0.002},
        "Scorer": {"medreward_scorer": 0.001},
    }


def test_autoscaling_reaches_ray_serve_with_replicas_as_the_least(deployed: dict[str, Deployment]) -> None:
    config: Any = deployed["Ingress"]._deployment_config.autoscaling_config
    assert (config.min_replicas, config.max_replicas) == (2, 8)
    assert (config.target_ongoing_requests, config.upscale_delay_s, config.downscale_delay_s) == (16, 5, 600)
    assert deployed["Scorer"]._deployment_config.autoscaling_config is None
    assert (deployed["Scorer"].num_replicas, deployed["Judge"].num_replicas) == (3, 1)


def test_every_deployment_may_finish_its_requests(deployed: dict[str, Deployment]) -> None:
    drains = {name: one._deployment_config.graceful_shutdown_timeout_s for name, one in deployed.items()}
    assert drains == {"Ingress": 630, "Judge": 630, "Scorer": 630}


def test_what_is_written_after_the_last_request_has_time_of_its_own() -> None:
    more: dict[str, Any] = {
        "audit": {"dir": "/audit", "close_s": 7},
        "tracing": {"endpoint": "http://c:4318", "export_timeout_s": 2},
    }
    found = deployments(bind(load_settings(**CLUSTER, **more)))
    drains = {name: one._deployment_config.graceful_shutdown_timeout_s for name, one in found.items()}
    assert drains == {"Ingress": 639, "Judge": 639, "Scorer": 632}


def test_the_llm_has_its_resources_in_each_bundle_and_in_its_own_process() -> None:
    settings = VLLM(model="/weights", tensor_parallel_size=4, resources={"medreward_judge": 0.001})
    bundle = llm.hardware(settings)["placement_group_config"]["bundle_per_worker"]
    assert bundle == {"CPU": 1, "GPU": 1, "medreward_judge": 0.001}
    chosen = llm.deployment(settings, 44.0)
    assert chosen["ray_actor_options"] == {"num_cpus": 1, "resources": {"medreward_judge": 0.001}}
    assert (chosen["num_replicas"], chosen["graceful_shutdown_timeout_s"]) == (1, 44.0)


def test_the_llm_scales_between_bounds() -> None:
    settings = VLLM(model="/weights", replicas=2, autoscaling={"max_replicas": 4, "target_ongoing_requests": 64})
    chosen = llm.deployment(settings, 20.0)
    # Ray Serve refuses a fixed number beside it
    assert "num_replicas" not in chosen
    assert chosen["autoscaling_config"]["min_replicas"] == 2
    assert chosen["autoscaling_config"]["max_replicas"] == 4


def test_a_cluster_that_says_nothing_of_keys_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"auth\.keys_dir.*auth\.allow_anonymous"):
        build({})


@pytest.mark.parametrize("auth", [{"keys_dir": "/not/mounted/where/it/is/built"}, {"allow_anonymous": True}])
def test_a_cluster_that_says_who_may_ask_is_built(auth: dict[str, Any]) -> None:
    assert set(deployments(build({"auth": auth}))) == {"Ingress", "Judge", "Scorer"}


def test_a_laptop_offers_what_its_replicas_may_ask_for() -> None:
    settings = load_settings(**CLUSTER)
    assert _resources_named(settings) == {"medreward_ingress", "medreward_scorer"}
    assert _cpus_wanted(settings) == pytest.approx(8 * 1.0 + 0.1 + 3 * 1.0)
    assert _resources_named(Settings()) == set()
