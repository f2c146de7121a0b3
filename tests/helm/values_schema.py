"""The schema of the chart's values: names as in values.yaml, and what it says of each as its description."""

from __future__ import annotations

from typing import Any

from tests.helm import settings
from tests.helm.kinds import (
    FLAG,
    HOST,
    MEMORY,
    NAME,
    OBJECT,
    PORT,
    TEXT,
    TEXTS,
    Schema,
    choice,
    image,
    named,
    resources,
    secret_entry,
    section,
    selector,
    several,
    whole,
)

_DURATION: Schema = {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(h|m|s))+$"}


def build(descriptions: dict[str, str]) -> Schema:
    """The whole schema.

    Args:
        descriptions: of values, by their dotted path.
    """
    config, definitions = settings.schema()
    root = section(
        nameOverride=TEXT,
        fullnameOverride=TEXT,
        commonLabels=TEXTS,
        commonAnnotations=TEXTS,
        images=section(pullSecrets=several(named()), rewards=image(), judge=image(repository_may_be_empty=True)),
        config=config,
        serve=_serve(),
        ray=_ray(),
        redis=section(
            enabled=FLAG,
            image=image(),
            persistence=section(enabled=FLAG, storageClass=TEXT, size=MEMORY),
            resources=resources(),
        ),
        modelCache=section(
            enabled=FLAG,
            existingClaim=TEXT,
            storageClass=TEXT,
            accessModes=several(choice("ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod", "ReadOnlyMany"), least=1),
            size=MEMORY,
            keep=FLAG,
        ),
        huggingFace=section(tokenSecret=secret_entry(), offline=FLAG),
        auth=section(
            enabled=FLAG,
            existingSecret=TEXT,
            keys={
                "type": "object",
                "propertyNames": {"pattern": "^[A-Za-z0-9_-][-._A-Za-z0-9]*$"},
                "additionalProperties": {"type": "string", "minLength": 16, "maxLength": 4096, "pattern": "^[!-~]+$"},
            },
        ),
        audit=section(enabled=FLAG, existingClaim=TEXT, size=MEMORY),
        service=section(type=choice("ClusterIP", "LoadBalancer", "NodePort"), annotations=TEXTS),
        ingress=section(enabled=FLAG, className=TEXT, annotations=TEXTS, hosts=several(HOST), tls=several(OBJECT)),
        gateway=section(enabled=FLAG, parentRefs=several(named()), hostnames=several(HOST), grpc=FLAG),
        networkPolicy=section(
            enabled=FLAG,
            fromNamespaces=several(selector()),
            metricsFromNamespaces=several(selector()),
            controllerNamespaces=several(selector()),
            hubCidrs=several({"type": "string", "pattern": "^[0-9a-fA-F.:]+/[0-9]{1,3}$"}),
            extraEgress=several(OBJECT),
        ),
        podDisruptionBudget=section(enabled=FLAG, maxUnavailable=whole(1)),
        serviceAccount=section(create=FLAG, name=TEXT, annotations=TEXTS),
        security=section(runAsUser=whole(1), runAsGroup=whole(1), fsGroup=whole(1), readOnlyRootFilesystem=FLAG),
        monitoring=section(
            podMonitor=section(enabled=FLAG, interval=_DURATION, labels=TEXTS),
            prometheusRule=section(enabled=FLAG, labels=TEXTS),
            dashboards=section(enabled=FLAG, label=NAME, labelValue=TEXT, folder=TEXT),
        ),
        trainer=_trainer(),
        tests=section(enabled=FLAG, timeoutSeconds=whole(1)),
        extraObjects=several({"type": ["object", "string"]}),
    )
    # an umbrella chart hands its own down
    root["properties"]["global"] = OBJECT
    _describe(root, "", descriptions)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the medreward chart",
        **root,
        "definitions": definitions,
    }


def _serve() -> Schema:
    return section(
        httpPort=PORT,
        grpcPort=PORT,
        gracefulShutdownSeconds=whole(1, 3600),
        initializingTimeout=_DURATION,
        oldClusterSeconds=whole(1),
        upgradeStrategy=choice("NewCluster", "None"),
    )


def _ray() -> Schema:
    return section(
        version={"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
        tokenAuth=FLAG,
        autoscaler=section(enabled=FLAG, idleTimeoutSeconds=whole(0), resources=resources()),
        gcsFaultTolerance=section(
            enabled=FLAG,
            address={"type": "string", "pattern": r"^((rediss?://)?[A-Za-z0-9.-]+:[0-9]+)?$"},
            passwordSecret=secret_entry(),
        ),
        head=_pod(),
        ingress=_workers(),
        judge=_gpu_workers(),
        scorer=_gpu_workers(),
    )


def _pod(**more: Schema) -> Schema:
    return section(
        resources=resources(),
        sharedMemory=MEMORY,
        rayStartParams=TEXTS,
        nodeSelector=TEXTS,
        tolerations=several(OBJECT),
        affinity=OBJECT,
        topologySpreadConstraints=several(OBJECT),
        priorityClassName=TEXT,
        annotations=TEXTS,
        labels=TEXTS,
        env=several(named()),
        volumes=several(named()),
        volumeMounts=several(named()),
        runtimeClassName=TEXT,
        **more,
    )


def _workers(**more: Schema) -> Schema:
    # a group that is there has a replica of Ray Serve at least, and so never goes empty
    return _pod(replicas=whole(1), minReplicas=whole(1), maxReplicas=whole(1), **more)


def _gpu_workers() -> Schema:
    return _workers(gpus=whole(0), gpuResource=NAME)


def _trainer() -> Schema:
    return section(
        enabled=FLAG,
        recipe=choice("gemex", "medsage"),
        layout=NAME,
        image=image(),
        rayVersion={"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
        model=NAME,
        overrides=several(NAME),
        dataClaim=TEXT,
        trainFile=NAME,
        valFile=NAME,
        outputClaim=TEXT,
        gpus=whole(0),
        gpuResource=NAME,
        sharedMemory=MEMORY,
        activeDeadlineSeconds=whole(1),
        ttlSecondsAfterFinished=whole(0),
        backoffLimit=whole(0),
        apiKeyEntry=NAME,
        resources=resources(),
        nodeSelector=TEXTS,
        tolerations=several(OBJECT),
    )


def _describe(node: dict[str, Any], path: str, descriptions: dict[str, str]) -> None:
    for name, inner in node.get("properties", {}).items():
        where = f"{path}.{name}" if path else name
        if where in descriptions:
            node["properties"][name] = inner = {**inner, "description": descriptions[where]}
        if where != "config":
            _describe(inner, where, descriptions)
