"""The dashboard "Cluster": is everything there, is it full, who asks, what runs?"""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from medreward.observability.dashboards.board import board
from medreward.observability.dashboards.panels import (
    BYTES,
    COUNT,
    PER_SECOND,
    SECONDS,
    SHARE,
    Limits,
    Query,
    labels,
    number,
    series,
)
from medreward.observability.dashboards.queries import JOB, QUANTILES, SERVED, gauge, quantile, ray_gauge, total

_HEALTHY = ray_gauge("ray_serve_deployment_replica_healthy", "deployment")
_WANTED = ray_gauge("ray_serve_autoscaling_target_replicas", "deployment")
_USED = ray_gauge("ray_node_mem_used", "ip", JOB, "max")
_MEMORY = ray_gauge("ray_node_mem_total", "ip", JOB, "max")
_LOOPS = f'{SERVED}, component="replica"'
# a process is named after what it works on now: the deployment is what stays the same
_RESIDENT = (
    f'label_replace(last_over_time(ray_component_rss_bytes{{{JOB}, Component=~"ray::Serve.*"}}[2m]), '
    '"process", "$1", "Component", "ray::Serve(?:Replica:[^:]*:)?([A-Za-z]*).*")'
)
# a replica that takes another's place has a name, and so a series, of its own
_STARTS = f"ray_serve_deployment_replica_starts_total{{{SERVED}}}"
_SEEN = f"count by (deployment) (last_over_time({_STARTS}[15m]))"
_TOO_MUCH = f'{JOB}, code=~"overloaded|rate_limited"'


def build() -> Dashboard:
    """All of it."""
    made = board("Cluster", "Replicas, queues, admission, nodes and GPUs, clients, the audit log, and what runs")
    return _runs(_nodes(_scorer(_doors(_replicas(_glance(made))))))


def _glance(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("At a glance"))
        .with_panel(
            number(
                "Targets scraped",
                "Share of the targets of this release that answer Prometheus",
                SHARE,
                f"avg(up{{{JOB}}})",
                limits=Limits(critical=1, falling=True),
            )
        )
        .with_panel(
            number(
                "Replicas missing",
                "Wanted less healthy, over all deployments",
                COUNT,
                f"sum({_WANTED} - ({_HEALTHY} or 0 * {_WANTED}))",
                limits=Limits(1, 2),
            )
        )
        .with_panel(number("Nodes", "Of the Ray cluster", COUNT, ray_gauge("ray_cluster_active_nodes", "", JOB)))
        .with_panel(
            number("In flight", "Requests between arrival and answer", COUNT, gauge("medreward_requests_in_flight"))
        )
        .with_panel(
            number(
                "429",
                "Requests refused as overloaded or rate_limited, each second",
                PER_SECOND,
                total("medreward_requests_total", "", _TOO_MUCH),
                limits=Limits(0.1, 10),
            )
        )
        .with_panel(
            number(
                "Audit records lost",
                "Each second. None should be",
                PER_SECOND,
                total("medreward_audit_records_total", "", f'{JOB}, outcome="dropped"'),
                limits=Limits(critical=0.001),
            )
        )
    )


def _replicas(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("Replicas and queues"))
        .with_panel(
            series(
                "Healthy replicas",
                "wanted is what is configured, or what autoscaling aims at",
                COUNT,
                Query(_HEALTHY, "{{deployment}}"),
                Query(_WANTED, "{{deployment}} wanted"),
            )
        )
        .with_panel(
            series(
                "Requests in replicas",
                "Being worked on. A request is a batch for Ingress and Scorer, a judgement for the engine",
                COUNT,
                Query(ray_gauge("ray_serve_replica_processing_queries", "deployment"), "{{deployment}}"),
            )
        )
        .with_panel(
            series(
                "Requests waiting for a replica",
                "Ray Serve's queues before each deployment; they should be near 0",
                COUNT,
                Query(ray_gauge("ray_serve_deployment_queued_queries", "deployment"), "{{deployment}}"),
            )
        )
        .with_panel(
            series(
                "Work of a replica, p95",
                "Milliseconds of a request in it, as Ray Serve has measured",
                "ms",
                Query(
                    quantile(0.95, "ray_serve_deployment_processing_latency_ms", "deployment", SERVED), "{{deployment}}"
                ),
            )
        )
        .with_panel(
            series(
                "Replicas started",
                "In the last quarter of an hour. Again and again: one crashes, and its log says why",
                COUNT,
                Query(f"{_SEEN} - (count by (deployment) ({_STARTS} offset 15m) or 0 * {_SEEN})", "{{deployment}}"),
            )
        )
        .with_panel(
            series(
                "Event loops, p95",
                "How late a replica's loop comes to what is due: above 100 ms something blocks it",
                "ms",
                Query(
                    quantile(0.95, "ray_serve_event_loop_scheduling_latency_ms", "deployment", _LOOPS), "{{deployment}}"
                ),
            )
        )
    )


def _doors(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("Doors and clients"))
        .with_panel(
            series(
                "Refused requests",
                "By code; overloaded and rate_limited are 429, and Retry-After tells when to come back; "
                "cancelled: the caller left",
                PER_SECOND,
                Query(
                    total("medreward_requests_total", "protocol, code", f'{JOB}, code!="ok"'), "{{protocol}} {{code}}"
                ),
            )
        )
        .with_panel(
            series(
                "Refused at admission",
                "By whose queue is too long for the deadline: ingress, judge, scorer; or by the client's own rate",
                PER_SECOND,
                Query(total("medreward_admission_refused_total", "why"), "{{why}}"),
            )
        )
        .with_panel(
            series(
                "Requests by client",
                "Clients are the names of API keys; anonymous has none",
                PER_SECOND,
                Query(total("medreward_client_requests_total", "client"), "{{client}}"),
            )
        )
    )


def _scorer(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("The trajectory scorer"))
        .with_panel(
            series(
                "A forward",
                "Seconds of one pass of the model",
                SECONDS,
                *(Query(quantile(q, "medreward_scorer_forward_seconds"), f"p{q * 100:g}") for q in QUANTILES),
                span=6,
            )
        )
        .with_panel(
            series(
                "Tokens of a forward",
                "Without padding; scorer.batch_tokens bounds them with it",
                COUNT,
                *(Query(quantile(q, "medreward_scorer_batch_tokens"), f"p{q * 100:g}") for q in QUANTILES),
                span=6,
            )
        )
        .with_panel(
            series(
                "Waiting",
                "Trajectories that wait for a forward; beyond scorer.max_waiting they are overloaded",
                COUNT,
                Query(gauge("medreward_scorer_queue"), "waiting"),
                span=6,
            )
        )
        .with_panel(
            series(
                "Batches by checkpoint",
                "Two for long: replicas score by different models",
                PER_SECOND,
                Query(total("medreward_scorer_batches_total", "checkpoint"), "{{checkpoint}}"),
                span=6,
            )
        )
    )


def _nodes(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("Nodes"))
        .with_panel(
            series(
                "CPU",
                "Of each node",
                "percent",
                Query(ray_gauge("ray_node_cpu_utilization", "ip", JOB, "max"), "{{ip}}"),
                span=6,
                most=100,
            )
        )
        .with_panel(
            series(
                "Memory",
                "Share that is used. Near 1 the kernel kills a replica",
                SHARE,
                Query(f"{_USED} / {_MEMORY}", "{{ip}}"),
                span=6,
                limits=Limits(0.95),
                most=1,
            )
        )
        .with_panel(
            series(
                "Disk",
                "Share that is used, of the disk that Ray writes to",
                "percent",
                Query(ray_gauge("ray_node_disk_utilization_percentage", "ip", JOB, "max"), "{{ip}}"),
                span=6,
                limits=Limits(90),
                most=100,
            )
        )
        .with_panel(
            series(
                "Memory of processes",
                "Resident, by what they are; one that only grows leaks",
                BYTES,
                Query(f"sum by (process) ({_RESIDENT})", "{{process}}"),
                span=6,
            )
        )
        .with_row(Row("GPUs (empty without)"))
        .with_panel(
            series(
                "GPUs",
                "How busy each is",
                "percent",
                Query(ray_gauge("ray_node_gpus_utilization", "ip, GpuIndex", JOB, "max"), "{{ip}} {{GpuIndex}}"),
                span=12,
                most=100,
            )
        )
        .with_panel(
            series(
                "GPU memory",
                "MiB in use",
                "mbytes",
                Query(ray_gauge("ray_node_gram_used", "ip, GpuIndex", JOB, "max"), "{{ip}} {{GpuIndex}}"),
                span=12,
            )
        )
    )


def _runs(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("Audit log, and what runs"))
        .with_panel(
            series(
                "Audit records",
                "written, or dropped since the disk was too slow or full (empty while audit is off)",
                PER_SECOND,
                Query(total("medreward_audit_records_total", "outcome"), "{{outcome}}"),
                Query(gauge("medreward_audit_waiting"), "waiting (records)"),
                span=8,
            )
        )
        .with_panel(
            labels(
                "What runs",
                "One line for each version and fingerprint; several outside an upgrade: a mixed service",
                f"count by (version, judge, judge_prompt, scorer) (medreward_build_info{{{JOB}}})",
                "version",
                "judge",
                "judge_prompt",
                "scorer",
                span=16,
            )
        )
    )
