"""Whether replicas find room: what Ray's scheduler must solve, by first fit."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from medreward.config import Settings
from tests.helm.pods import Group

Amounts = dict[str, float]


class Replica(NamedTuple):
    """One replica of a deployment: bundles that lie on one node."""

    deployment: str
    wants: Amounts


def replicas(settings: Settings, *, most: bool) -> list[Replica]:
    """All that a service of these settings may have, or all that it begins with; those that want most come first."""
    judge, vllm, scorer = settings.judge, settings.judge.vllm, settings.scorer
    wanted = []
    if judge.engine == "vllm":
        gpus = vllm.tensor_parallel_size
        # a core for the replica's process, and one for each worker; its resources are asked for by each of them
        engine = {"CPU": 1.0 + gpus, "GPU": float(gpus), **{name: a * (1 + gpus) for name, a in vllm.resources.items()}}
        wanted += [Replica("LLM", engine)] * (vllm.most_replicas if most else vllm.replicas)
    if scorer.checkpoint != "none":
        model = {"CPU": scorer.cpus, "GPU": scorer.gpus, **scorer.resources}
        wanted += [Replica("Scorer", model)] * (scorer.most_replicas if most else scorer.replicas)
    door = {"CPU": settings.ingress.cpus, **settings.ingress.resources}
    wanted += [Replica("Ingress", door)] * (settings.ingress.most_replicas if most else settings.ingress.replicas)
    if judge.engine != "none":
        wanted.append(Replica("Judge", {"CPU": judge.cpus, **judge.resources}))
    return sorted(wanted, key=lambda replica: -replica.wants["CPU"])


def homeless(wanted: list[Replica], groups: list[Group], *, most: bool) -> list[str]:
    """The deployments of which a replica finds no pod."""
    free = [dict(group.offers) for group in groups for _ in range(group.most if most else group.first)]
    found = []
    for replica in wanted:
        node = next((node for node in free if _fits(replica.wants, node)), None)
        if node is None:
            found.append(replica.deployment)
        else:
            for name, much in replica.wants.items():
                node[name] = node.get(name, 0.0) - much
    return found


def homes(replica: Replica, groups: list[Group]) -> list[str]:
    """Groups whose empty pods would take the replica."""
    return list(itertools.chain.from_iterable([g.name] if _fits(replica.wants, g.offers) else [] for g in groups))


def _fits(wants: Amounts, has: Amounts) -> bool:
    # sums of hundredths of a core are not exact
    return all(has.get(name, 0.0) + 1e-6 >= much for name, much in wants.items())
