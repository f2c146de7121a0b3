"""``medreward serve``: a cluster on this machine until it is told to stop."""

from __future__ import annotations

import shlex
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from medreward.cli import console
from medreward.cli.backend import check_settings
from medreward.cli.cluster import running, with_endpoints
from medreward.cli.errors import one_line
from medreward.config import Settings, load_settings
from medreward.contract import codec
from medreward.contract.types import Reference, Rollout, ScoreRequest
from medreward.scorer.checkpoint import SHIPPED

_TURN_S = 0.5
_EXAMPLE = ScoreRequest(
    recipe="gemex",
    rollouts=[
        Rollout(
            id="1",
            question="Is there a pneumothorax?",
            question_type="closed_ended",
            response="<think>The lungs reach the chest wall.</think><response><answer>No</answer></response>",
            reference=Reference("No"),
        )
    ],
)


def serve(
    config: Annotated[Path | None, typer.Option(help="Settings (YAML); the options below override it.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="HTTP port; 0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on for HTTP.")] = None,
    grpc_port: Annotated[int | None, typer.Option(min=0, max=65535, help="gRPC port; 0 takes a free one.")] = None,
) -> None:
    """Serve rewards on this machine, over HTTP and gRPC.

    Starts a Ray cluster of its own, prints where it answers and stays until SIGINT (Ctrl-C), SIGTERM or SIGHUP.
    Without --config the defaults hold: HTTP on 127.0.0.1:8000, gRPC on 9000. There is no authentication yet: listen
    only where trainers reach it.

    \b
    Example:
      medreward serve --config settings.yaml --port 8080
    """
    with one_line():
        settings = with_endpoints(load_settings(config), host, port, grpc_port)
        check_settings(settings)  # what makes no sense is told now, not from inside a replica
        out = console.out()
        try:
            with running(settings) as cluster:
                out.print(f"proxy  {cluster.proxy.kind}: {cluster.proxy.reason}", soft_wrap=True)
                out.print(f"judge  {_judge(settings)}", soft_wrap=True)
                out.print(f"scorer {_scorer(settings)}", soft_wrap=True)
                out.print(f"HTTP   {cluster.url}")
                out.print(f"docs   {cluster.url}/docs")
                out.print(f"gRPC   {cluster.grpc_address or 'off'}")
                out.print(f"try    {curl(cluster.url)}", soft_wrap=True)
                out.print("Ctrl-C stops it.")
                while True:
                    # not signal.pause(): one that comes just before it would not end it
                    time.sleep(_TURN_S)
        except KeyboardInterrupt:
            with suppress(OSError):  # with SIGHUP, the terminal is gone
                out.print("stopped")


def _judge(settings: Settings) -> str:
    judge = settings.judge
    return {
        "embedded": "embedded: rules and similarity, no medical model; not to train with",
        "openai": f"openai: {judge.openai.model} at {judge.openai.base_url}",
        "vllm": f"vllm: {judge.vllm.model}, in this cluster",
        "none": "none: what needs a judge is absent",
    }[judge.engine]


def _scorer(settings: Settings) -> str:
    checkpoint = settings.scorer.checkpoint
    if checkpoint == "none":
        return "none: what needs a trajectory scorer is absent"
    return "the shipped checkpoint" if checkpoint == SHIPPED else f"checkpoint {checkpoint}"


def curl(url: str) -> str:
    """A command line that scores one rollout."""
    body = shlex.quote(codec.encode(_EXAMPLE).decode())
    return f"curl -s {url}/v1/score -H 'content-type: application/json' -d {body}"
