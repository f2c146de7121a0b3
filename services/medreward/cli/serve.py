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
from medreward.cli.client import API_KEY_ENV
from medreward.cli.cluster import running, with_endpoints
from medreward.cli.errors import one_line
from medreward.cli.serve_logs import shown
from medreward.config import Settings, load_settings
from medreward.contract import codec
from medreward.contract.types import Reference, Rollout, ScoreRequest
from medreward.ingress.auth import Doorkeeper, check_local
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
    Without --config the defaults hold: HTTP on 127.0.0.1:8000, gRPC on 9000, for this machine alone. To
    listen where others reach it, name a directory of API keys in the settings (auth.keys_dir).

    \b
    Example:
      medreward serve --config settings.yaml --port 8080
    """
    with one_line():
        settings = with_endpoints(load_settings(config), host, port, grpc_port)
        # what makes no sense is told now, not from inside a replica
        doorkeeper = check_local(settings)
        check_settings(settings)
        out = console.out()
        try:
            with shown(settings) as settings, running(settings) as cluster:
                out.print(f"proxy  {cluster.proxy.kind}: {cluster.proxy.reason}", soft_wrap=True)
                out.print(f"judge  {_judge(settings)}", soft_wrap=True)
                out.print(f"scorer {_scorer(settings)}", soft_wrap=True)
                out.print(f"keys   {_keys(doorkeeper)}", soft_wrap=True)
                out.print(f"HTTP   {cluster.url}")
                out.print(f"docs   {cluster.url}/docs")
                out.print(f"gRPC   {cluster.grpc_address or 'off'}")
                out.print(f"try    {curl(cluster.url, doorkeeper.asks_for_keys)}", soft_wrap=True)
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


def _keys(doorkeeper: Doorkeeper) -> str:
    if doorkeeper.asks_for_keys:
        return f"asked for, of {', '.join(doorkeeper.clients)}"
    if doorkeeper.this_machine_only:
        return "none, so only this machine is served"
    return "none: whoever reaches it is served"


def curl(url: str, keyed: bool = False) -> str:
    """A command line that scores one rollout, with the key in ``MEDREWARD_API_KEY`` where one is asked for."""
    key = f'-H "authorization: Bearer ${API_KEY_ENV}" ' if keyed else ""
    body = shlex.quote(codec.encode(_EXAMPLE).decode())
    return f"curl -s {url}/v1/score {key}-H 'content-type: application/json' -d {body}"
