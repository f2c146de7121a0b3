"""The metrics that dashboards and alerts may use: ours, and those of others with where they come from."""

from __future__ import annotations

from medreward.observability.catalogue import FAMILIES

RAY = {
    # Ray Serve 2.60, with HAProxy; seen at Ray's metrics port, and looked for there by test_observed.py
    "ray_serve_deployment_replica_healthy",
    "ray_serve_autoscaling_target_replicas",
    "ray_serve_deployment_replica_starts_total",
    "ray_serve_deployment_queued_queries",
    "ray_serve_replica_processing_queries",
    "ray_serve_event_loop_scheduling_latency_ms_bucket",
    "ray_serve_deployment_processing_latency_ms_bucket",
    # Ray itself
    "ray_cluster_active_nodes",
    "ray_component_rss_bytes",
    "ray_node_cpu_utilization",
    "ray_node_disk_utilization_percentage",
    "ray_node_mem_total",
    "ray_node_mem_used",
}

GPUS = {"ray_node_gpus_utilization", "ray_node_gram_used"}
"""of nodes with a GPU; test_names.py finds them in Ray's own source"""

VLLM = {
    "ray_vllm_kv_cache_usage_perc",
    "ray_vllm_num_requests_running",
    "ray_vllm_num_requests_waiting",
    "ray_vllm_prompt_tokens_total",
    "ray_vllm_generation_tokens_total",
    "ray_vllm_time_to_first_token_seconds_bucket",
    "ray_vllm_prefix_cache_hits_total",
    "ray_vllm_prefix_cache_queries_total",
    "ray_vllm_num_preemptions_total",
}
"""of vLLM 0.29 in Ray Serve; tests/engines/test_metrics.py finds them at a real one"""

SELDOM = {"ray_vllm_num_preemptions_total": "vllm:num_preemptions"}
"""of vLLM's, those that Ray does not tell before the first one happened, and their names in vLLM's source"""

PROMETHEUS = {"up"}


def ours() -> set[str]:
    """The names of our series, as Prometheus stores them."""
    found = set()
    for name, family in FAMILIES.items():
        if family.kind == "histogram":
            found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")}
        else:
            found.add(name)
    return found


def known() -> set[str]:
    """All of them."""
    return ours() | RAY | GPUS | VLLM | PROMETHEUS


ELSEWHERE = {
    **dict.fromkeys(VLLM, "no vLLM here; tests/engines/test_metrics.py scrapes a real one"),
    **dict.fromkeys(GPUS, "no GPU here; test_names.py finds the names in Ray's source, and their values are not seen"),
}
"""metrics that cannot have data on a machine such as this, and why; everything else must"""

EMPTY = {"Prompt tokens from the prefix cache": "the embedded judge reads no tokens: tests/serve/test_openai_judge.py"}
"""panels whose ratio is one of nothing here, and why"""
