"""The values under which the chart must hold: each profile of its own, and each switch on and off."""

from __future__ import annotations

from tests.helm.chart import REVISION, Values, file_values, merged

GPU: Values = {"config": {"judge": {"vllm": {"revision": REVISION}}}}
"""what every user of the GPU profiles must add"""
TRAINER: Values = {"trainer": {"enabled": True, "dataClaim": "questions", "outputClaim": "checkpoints"}}
GATEWAY: Values = {
    "gateway": {
        "enabled": True,
        "parentRefs": [{"name": "public", "namespace": "infra"}],
        "hostnames": ["rewards.example.org"],
    }
}
INGRESS: Values = {
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "annotations": {"example.org/a": "b"},
        "hosts": ["rewards.example.org"],
        "tls": [{"secretName": "tls", "hosts": ["rewards.example.org"]}],
    }
}
NO_MONITORING: Values = {
    "monitoring": {
        "podMonitor": {"enabled": False},
        "prometheusRule": {"enabled": False},
        "dashboards": {"enabled": False},
    }
}
REDIS: Values = {"redis": {"enabled": True}, "ray": {"gcsFaultTolerance": {"enabled": True}}}
OWN_REDIS: Values = {
    "ray": {
        "gcsFaultTolerance": {
            "enabled": True,
            "address": "redis.infra:6380",
            "passwordSecret": {"name": "redis", "key": "secret"},
        }
    }
}
PLACED: Values = {
    "commonLabels": {"team": "rl"},
    "commonAnnotations": {"example.org/owner": "rl"},
    "images": {"pullSecrets": [{"name": "registry"}], "rewards": {"digest": "sha256:" + "a" * 64}},
    "huggingFace": {"tokenSecret": {"name": "hub"}},
    "serviceAccount": {"create": False},
    "modelCache": {"existingClaim": "weights"},
    "service": {"type": "LoadBalancer", "annotations": {"example.org/lb": "internal"}},
    "auth": {"existingSecret": "our-keys"},
    "ray": {
        "judge": {
            "nodeSelector": {"gpu": "h100"},
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
            "priorityClassName": "rewards",
            "runtimeClassName": "nvidia",
            "annotations": {"example.org/c": "d"},
            "labels": {"tier": "judge"},
            "env": [{"name": "NCCL_DEBUG", "value": "WARN"}],
        },
        "ingress": {
            "volumes": [{"name": "recipes", "configMap": {"name": "recipes"}}],
            "volumeMounts": [{"name": "recipes", "mountPath": "/recipes"}],
        },
    },
    "config": {"recipe_files": ["/recipes/ours.yaml"]},
}

CPU: Values = file_values("values-cpu.yaml")
H200: Values = merged(file_values("values-h200.yaml"), GPU)

PROFILES: dict[str, Values] = {
    "default": GPU,
    "cpu": CPU,
    "h200": H200,
    "monitoring off": merged(GPU, NO_MONITORING),
    "redis of its own": merged(GPU, REDIS),
    "redis of its own, cpu": merged(CPU, REDIS),
    "redis elsewhere": merged(GPU, OWN_REDIS),
    "gateway": merged(GPU, GATEWAY),
    "gateway without grpc": merged(GPU, GATEWAY, {"gateway": {"grpc": False}}),
    "ingress": merged(GPU, INGRESS),
    "trainer": merged(GPU, TRAINER),
    "trainer for medsage on the h200": merged(H200, TRAINER, {"trainer": {"recipe": "medsage"}}),
    "audit": merged(GPU, {"audit": {"enabled": True}, "config": {"audit": {"keep_mib": 4096}}}),
    "audit on a claim": merged(
        GPU, {"audit": {"enabled": True, "existingClaim": "audit"}, "config": {"audit": {"texts": True}}}
    ),
    "auth off": merged(GPU, {"auth": {"enabled": False}}),
    "keys of the user": merged(GPU, {"auth": {"keys": {"trainer": "k" * 32, "debug": "d" * 32}}}),
    "placed and labelled": merged(GPU, PLACED),
    "offline": merged(GPU, {"huggingFace": {"offline": True}}),
    "fixed size": merged(GPU, {"ray": {"autoscaler": {"enabled": False}}}),
    "changes in place": merged(GPU, {"serve": {"upgradeStrategy": "None"}}),
    "judge elsewhere": merged(
        GPU, {"config": {"judge": {"engine": "openai", "openai": {"base_url": "http://vllm.infra:8001/v1"}}}}
    ),
    "no judge, scorer on the cpu": merged(GPU, {"config": {"judge": {"engine": "none"}, "scorer": {"gpus": 0}}}),
    "no scorer": merged(GPU, {"config": {"scorer": {"checkpoint": "none", "gpus": 0}}}),
    "no cache, policy, budget or test": merged(
        GPU,
        {
            "modelCache": {"enabled": False},
            "networkPolicy": {"enabled": False},
            "podDisruptionBudget": {"enabled": False},
            "tests": {"enabled": False},
        },
    ),
    "objects of the user": merged(
        GPU,
        {
            "extraObjects": [
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": "c"}},
                'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-more"}',
            ]
        },
    ),
    "everything": merged(GPU, REDIS, GATEWAY, INGRESS, TRAINER),
}
