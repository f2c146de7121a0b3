"""Both doors over a real pipeline and a real judge with an engine that is none, all of them with an audit log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import httpx
from fastapi import FastAPI

from medreward.assembly import build_desk, build_judge, build_pipeline
from medreward.config import Settings, load_settings
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.ingress.auth import open_door
from medreward.ingress.grpc import RewardServicer
from medreward.ingress.http import create_app
from medreward.judge.types import Engine
from medreward.observability.audit.ingress import Audit
from medreward.observability.audit.opening import open_audit
from medreward.observability.audit.replies import ReplyAudit
from medreward.observability.observer import Observer


class Doors(NamedTuple):
    """What a test asks; good while it is open."""

    app: FastAPI
    servicer: RewardServicer

    async def post(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def call(self, use: Callable[[pb_grpc.RewardServiceStub], Awaitable[Any]]) -> Any:
        server = grpc.aio.server()
        pb_grpc.add_RewardServiceServicer_to_server(self.servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                return await use(pb_grpc.RewardServiceStub(channel))
        finally:
            await server.stop(None)


def asked(
    directory: Path, use: Callable[[Doors], Awaitable[Any]], engine: Engine | None = None, **settings: Any
) -> Any:
    """What ``use`` returns, once the log is closed."""
    loaded = load_settings(audit={"dir": directory, **settings.pop("audit", {})}, **settings)

    async def run() -> Any:
        logs = [open_audit(loaded.audit) for _ in range(2)]
        assert logs[0] is not None
        assert logs[1] is not None
        try:
            return await use(_doors(loaded, Audit(logs[0], texts=loaded.audit.texts), engine, logs[1]))
        finally:
            for log in logs:
                if log is not None:
                    log.close()

    return asyncio.run(run())


def _doors(settings: Settings, audit: Audit, engine: Engine | None, replies: Any) -> Doors:
    judge = build_judge(settings.judge, engine, ReplyAudit(replies, texts=settings.audit.texts))
    pipeline, desk = build_pipeline(settings, judge=judge), build_desk(settings, judge)
    observer, doorkeeper = Observer(audit=audit), open_door(settings.auth, local=True)
    return Doors(
        create_app(pipeline, desk, settings.limits, observer, doorkeeper),
        RewardServicer(pipeline, desk, settings.limits, observer, doorkeeper),
    )
