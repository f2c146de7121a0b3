"""The kinds that the server serves."""

from __future__ import annotations

from typing import NamedTuple

from tests.helm.schemas import custom


class Resource(NamedTuple):
    """A kind in one version."""

    api_version: str
    plural: str
    kind: str
    namespaced: bool = True


_BUILT_IN = {
    "v1": {
        "configmaps": "ConfigMap",
        "events": "Event",
        "persistentvolumeclaims": "PersistentVolumeClaim",
        "pods": "Pod",
        "secrets": "Secret",
        "serviceaccounts": "ServiceAccount",
        "services": "Service",
    },
    "apps/v1": {"deployments": "Deployment", "replicasets": "ReplicaSet", "statefulsets": "StatefulSet"},
    "batch/v1": {"jobs": "Job"},
    "networking.k8s.io/v1": {"ingresses": "Ingress", "networkpolicies": "NetworkPolicy"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "rbac.authorization.k8s.io/v1": {"roles": "Role", "rolebindings": "RoleBinding"},
}
NAMESPACES = Resource("v1", "namespaces", "Namespace", namespaced=False)


def served(without: frozenset[str]) -> list[Resource]:
    """All of them, but for the API groups that this cluster lacks: its operators are not installed."""
    built_in = [Resource(gv, plural, kind) for gv, kinds in _BUILT_IN.items() for plural, kind in kinds.items()]
    customs = [
        Resource(kind.api_version, kind.plural, kind.kind)
        for kind in custom.kinds().values()
        if kind.api_version.split("/")[0] not in without
    ]
    return [NAMESPACES, *built_in, *customs]
