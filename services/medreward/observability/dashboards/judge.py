"""The dashboard "Judge": what it costs, what is saved, whether it keeps up, and whether it can be trusted."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from medreward.observability.dashboards.board import board
from medreward.observability.dashboards.panels import (
    COUNT,
    PER_SECOND,
    SECONDS,
    SHARE,
    Limits,
    Query,
    heat,
    number,
    series,
)
from medreward.observability.dashboards.queries import JOB, QUANTILES, gauge, quantile, rate, ray_gauge, total

_JUDGE = f'{JOB}, stage="judge"'
_ASKED = f'{JOB}, outcome="asked"'


def _of_asked(outcome: str) -> str:
    part = total("medreward_judgements_total", "", f'{JOB}, outcome="{outcome}"')
    return f"{part} / {total('medreward_judgements_total', '', _ASKED)}"


def _of_prompt(kind: str) -> str:
    part, whole = (total("medreward_judge_tokens_total", "", f'{JOB}, kind="{name}"') for name in (kind, "prompt"))
    return f"{part} / {whole}"


def build() -> Dashboard:
    """All of it."""
    made = board("Judge", "The judge: work, savings, queue, trust, and the engine behind it")
    return _engine(_trust(_work(_glance(made))))


def _glance(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("At a glance"))
        .with_panel(
            number("Judgements", "Asked for, each second", PER_SECOND, total("medreward_judgements_total", "", _ASKED))
        )
        .with_panel(
            number(
                "Without a verdict",
                "Share of the judgements that failed",
                SHARE,
                _of_asked("failed"),
                limits=Limits(0.005, 0.02),
                decimals=1,
            )
        )
        .with_panel(
            number(
                "From the cache", "Share that cost nothing: asked before", SHARE, _of_asked("cache_hits"), decimals=1
            )
        )
        .with_panel(
            number(
                "Waiting",
                "Judgements that wait to be let into the engine",
                COUNT,
                gauge("medreward_judge_queue", "", f'{JOB}, state="waiting"'),
                limits=Limits(1000, 10000),
            )
        )
        .with_panel(
            number(
                "Canaries",
                "The worst kind's share of canaries that the judge passed; below 1 it can be fooled",
                SHARE,
                f"min(medreward_judge_canary_pass_ratio{{{JOB}}})",
                limits=Limits(critical=1, falling=True),
            )
        )
        .with_panel(
            number(
                "Canaries ran",
                "Ago",
                SECONDS,
                f"time() - max(medreward_judge_canary_last_run_timestamp_seconds{{{JOB}}})",
                decimals=0,
            )
        )
    )


def _work(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("Work and what is saved of it"))
        .with_panel(
            series(
                "Judgements by what became of them",
                "asked is all of them. short_cuts and cache_hits ask no engine, coalesced share another's answer",
                PER_SECOND,
                Query(total("medreward_judgements_total", "outcome"), "{{outcome}}"),
            )
        )
        .with_panel(
            series(
                "Saved",
                "Shares of the judgements that needed no answer of their own",
                SHARE,
                Query(_of_asked("short_cuts"), "short cuts"),
                Query(_of_asked("cache_hits"), "cache"),
                Query(_of_asked("coalesced"), "single flight"),
                most=1,
            )
        )
        .with_panel(
            series(
                "Verdicts of /v1/judge",
                "By rubric and status",
                PER_SECOND,
                Query(total("medreward_judge_verdicts_total", "rubric, status"), "{{rubric}} {{status}}"),
            )
        )
        .with_panel(
            series(
                "Tokens",
                "Read (prompt), of those found in the engine's prefix cache (cached), written (completion)",
                PER_SECOND,
                Query(total("medreward_judge_tokens_total", "kind"), "{{kind}}"),
            )
        )
        .with_panel(
            series(
                "Prompt tokens from the prefix cache",
                "Share. It falls when prompts no longer begin alike, or the engine has too little memory",
                SHARE,
                Query(_of_prompt("cached"), "cached"),
                most=1,
            )
        )
        .with_panel(
            series(
                "Calls of the engine",
                "again: the answer was off the menu or the call failed, so it was asked once more",
                PER_SECOND,
                Query(total("medreward_judge_engine_calls_total", "attempt"), "{{attempt}}"),
            )
        )
        .with_panel(
            series(
                "Seconds that a batch waits for the judge",
                "Of batches with anything to judge",
                SECONDS,
                *(Query(quantile(q, "medreward_stage_seconds", "", _JUDGE), f"p{q * 100:g}") for q in QUANTILES),
            )
        )
        .with_panel(
            series(
                "The judge's queue",
                "inside: in the engine now, at most judge.max_concurrency; waiting: for that",
                COUNT,
                Query(gauge("medreward_judge_queue", "state"), "{{state}}"),
            )
        )
        .with_panel(
            series(
                "Estimated wait",
                "That a new request would have; admission refuses those whose deadline is shorter",
                SECONDS,
                Query(f"max by (service) (medreward_estimated_wait_seconds{{{JOB}}})", "{{service}}"),
            )
        )
    )


def _trust(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("Trust"))
        .with_panel(
            series(
                "Canaries passed",
                "By kind. A judge that passes an empty or a begging answer trains the policy to write one",
                SHARE,
                Query(f"min by (kind) (medreward_judge_canary_pass_ratio{{{JOB}}})", "{{kind}}"),
                limits=Limits(critical=1, falling=True),
                most=1,
            )
        )
        .with_panel(
            heat(
                "Margins",
                "Points between a verdict's scores and the border between right and wrong: many near 0 are many that "
                "might as well be the other way round",
                COUNT,
                f"sum by (le) (increase(medreward_judge_margin_bucket{{{JOB}}}[$__rate_interval]))",
            )
        )
        .with_panel(
            series(
                "References that the judge scores low",
                "Each second. A wrong reference, or a judge that does not know the field",
                PER_SECOND,
                Query(total("medreward_judge_low_references_total"), "low references"),
            )
        )
    )


def _engine(made: Dashboard) -> Dashboard:
    hits, queries = (f"ray_vllm_prefix_cache_{name}_total" for name in ("hits", "queries"))
    return (
        made.with_row(Row("The engine: vLLM in this cluster (empty with another engine)"))
        .with_panel(
            series(
                "KV cache in use",
                "Share. At 1 requests are preempted and computed anew",
                SHARE,
                Query(ray_gauge("ray_vllm_kv_cache_usage_perc", "WorkerId", JOB, "max"), "{{WorkerId}}"),
                limits=Limits(0.9),
                most=1,
            )
        )
        .with_panel(
            series(
                "Requests in the engine",
                "running, and waiting for room",
                COUNT,
                Query(ray_gauge("ray_vllm_num_requests_running", "", JOB), "running"),
                Query(ray_gauge("ray_vllm_num_requests_waiting", "", JOB), "waiting"),
            )
        )
        .with_panel(
            series(
                "Tokens of the engine",
                "Of all its callers",
                PER_SECOND,
                Query(total("ray_vllm_prompt_tokens_total"), "prompt"),
                Query(total("ray_vllm_generation_tokens_total"), "generation"),
            )
        )
        .with_panel(
            series(
                "Until the first token",
                "From the engine's acceptance of a request",
                SECONDS,
                *(Query(quantile(q, "ray_vllm_time_to_first_token_seconds"), f"p{q * 100:g}") for q in QUANTILES),
            )
        )
        .with_panel(
            series(
                "Prefix cache",
                "Share of the tokens that were looked up in it and found",
                SHARE,
                Query(f"sum({rate(hits)}) / sum({rate(queries)})", "found"),
                most=1,
            )
        )
        .with_panel(
            series(
                "Preemptions",
                "Requests thrown out for want of KV cache and computed anew; no line before the first",
                PER_SECOND,
                Query(total("ray_vllm_num_preemptions_total"), "preemptions"),
            )
        )
    )
