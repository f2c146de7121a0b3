"""JSON over HTTP.

The body is read once, under its limit, and decoded and checked in one pass; FastAPI serves routing and the docs, and
stays off the hot path.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from medreward import __version__
from medreward.config import RequestLimits
from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.errors import WIRE_STATUS, ErrorCode, RequestError
from medreward.ingress.auth import Doorkeeper, Guard, asking
from medreward.ingress.defects import Defects
from medreward.ingress.docs_page import add_docs
from medreward.ingress.grpc import RETRY_METADATA
from medreward.ingress.openapi import describe
from medreward.ingress.rates import Rates
from medreward.ingress.readiness import Readiness
from medreward.ingress.security_headers import SecurityHeaders
from medreward.judge.desk import Desk
from medreward.observability.observer import Call, Observer
from medreward.observability.request_id import RequestIds
from medreward.scoring.pipeline import Pipeline
from medreward.scoring.recipes import Recipe
from medreward.scoring.registry import summary

log = logging.getLogger(__name__)

_ABOUT = """Rewards for reinforcement learning of medical vision-language models, each with the reason why.

A reward that could not be computed is absent and says why: a failure is never a number."""

_HEADERS = {
    ErrorCode.OVERLOADED: {"Retry-After": "1"},
    ErrorCode.UNAVAILABLE: {"Retry-After": "1"},
    ErrorCode.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
}
"""what a refusal says beside its body"""

_DIGITS = 18
"""of a length that is read as a number; Python refuses thousands of them"""


def create_app(
    pipeline: Pipeline,
    desk: Desk,
    limits: RequestLimits,
    observer: Observer,
    doorkeeper: Doorkeeper | None = None,
    *,
    rates: Rates | None = None,
    readiness: Readiness | None = None,
    ids_echoed: bool = False,
) -> FastAPI:
    """The HTTP application over a pipeline and the judge's desk; without a ``doorkeeper`` anyone may ask.

    Without ``rates`` as often as they like, and without ``readiness`` it is always ready.

    ``ids_echoed``: the server before it puts a request's ``x-request-id`` on the reply, as Ray Serve does.
    """
    app = FastAPI(title="medreward", version=__version__, description=_ABOUT, docs_url=None, redoc_url=None)
    rates, readiness = rates or Rates(), readiness or Readiness()
    codec_limits = limits.for_codec()
    rendering = asyncio.Lock()  # a page of many processes takes a while, and however many ask, one thread

    async def score(request: Request) -> Response:
        """Score a batch of rollouts by a recipe."""
        arrived = time.monotonic()
        with observer.call("http", "score", request.headers) as call:
            await rates.request(asking())
            decoded = codec.decode_request(await _body(request, limits), codec_limits)
            return await reply(call, decoded, arrived)

    async def score_one(request: Request) -> Response:
        """Compute one component of one rollout, explained."""
        arrived = time.monotonic()
        name = request.path_params["name"]
        if name not in pipeline.rewards:
            known = ", ".join(sorted(pipeline.rewards))
            raise RequestError(ErrorCode.NOT_FOUND, f"unknown reward {name[:80]!r}, there are {known}")
        with observer.call("http", "score_one", request.headers) as call:
            await rates.request(asking())
            rollout = codec.decode_rollout(await _body(request, limits), codec_limits)
            decoded = t.ScoreRequest(components={name: 1.0}, explain=True, rollouts=[rollout])
            return await reply(call, decoded, arrived)

    async def reply(call: Call, request: t.ScoreRequest, arrived: float) -> Response:
        await rates.rollouts(asking(), len(request.rollouts))
        response = await pipeline.score(request, arrived=arrived, in_place=call.in_place, trail=call.trail)
        call.scored(request, response)
        return _json(codec.encode(response))

    async def judge(request: Request) -> Response:
        """Put texts to the judge under a rubric."""
        arrived = time.monotonic()
        with observer.call("http", "judge", request.headers) as call:
            await rates.request(asking())
            body = await _body(request, limits)
            decoded = codec.decode_judge_request(body, request.path_params["rubric"], codec_limits)
            await rates.rollouts(asking(), len(decoded.items))
            response = await desk.rule(decoded, arrived=arrived, trail=call.trail)
            call.ruled(decoded, response)
            return _json(codec.encode(response))

    async def rubrics(request: Request) -> Response:
        """The rubrics of this service."""
        return _dump({"rubrics": desk.listing()})

    async def recipes(request: Request) -> Response:
        """The recipes of this service."""
        return _dump({"recipes": [_recipe(recipe) for recipe in pipeline.recipes.values()]})

    async def rewards(request: Request) -> Response:
        """The rewards of this service."""
        found = [
            {
                "name": name,
                "summary": summary(reward),
                "applies_to": reward.applies_to,
                "params": _params(reward.params),
            }
            for name, reward in sorted(pipeline.rewards.items())
        ]
        return _dump({"rewards": found})

    async def info(request: Request) -> Response:
        """What this service is, and what a request may hold."""
        held = limits.model_dump(exclude={"per_client"})
        return _dump({"version": __version__, "services": pipeline.services(), "limits": held})

    async def healthz(request: Request) -> Response:
        """The process is alive."""
        return _dump({"status": "ok"})

    async def readyz(request: Request) -> Response:
        """Whether rollouts can be scored."""
        ready, services = await readiness.look()
        if ready:
            return _dump({"status": "ready", "services": services})
        late = ", ".join(name for name, state in services.items() if state == "starting")
        error = RequestError(ErrorCode.UNAVAILABLE, f"no answer yet of: {late}")
        return _dump({"status": "starting", "services": services, **error.body()}, 503, _headers(error))

    async def exposition(request: Request) -> Response:
        """Metrics for Prometheus."""
        async with rendering:
            page = await asyncio.to_thread(observer.metrics.exposition)
        return Response(page, media_type=CONTENT_TYPE_LATEST)

    # plain Starlette routes: FastAPI's per-request dependency machinery costs more than scoring a rollout
    routes: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("POST", "/v1/score", score),
        ("POST", "/v1/rewards/{name}", score_one),
        ("POST", "/v1/judge/{rubric}", judge),
        ("GET", "/v1/rubrics", rubrics),
        ("GET", "/v1/recipes", recipes),
        ("GET", "/v1/rewards", rewards),
        ("GET", "/v1/info", info),
        ("GET", "/healthz", healthz),
        ("GET", "/readyz", readyz),
        ("GET", "/metrics", exposition),
    ]
    for method, path, endpoint in routes:
        app.add_route(path, endpoint, methods=[method], include_in_schema=False)
    add_docs(app)
    doorkeeper = doorkeeper or Doorkeeper()
    app.openapi = describe(app, pipeline, desk, limits, doorkeeper.asks_for_keys)  # type: ignore[method-assign]
    refused = _handle_errors(app, observer)
    if doorkeeper.asks_for_keys:
        app.add_middleware(Guard, doorkeeper=doorkeeper, refused=refused)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestIds, echoed=ids_echoed)  # the last: it stands before the others
    return app


async def _body(request: Request, limits: RequestLimits) -> bytes:
    most = limits.body_bytes
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > _DIGITS or int(declared) > most):
        _too_large(limits)
    if request.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        raise RequestError(ErrorCode.MALFORMED, "content-encoding: only identity is understood")
    chunks, size = [], 0
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    _too_large(limits)
                chunks.append(chunk)
    except TimeoutError:
        raise RequestError(ErrorCode.TIMEOUT, f"the body did not arrive within {limits.body_timeout_s} s") from None
    except ClientDisconnect:
        # nobody reads the answer; it is counted as theirs, not as a defect of ours
        raise RequestError(ErrorCode.MALFORMED, "the body broke off: its sender hung up") from None
    return b"".join(chunks)


def _too_large(limits: RequestLimits) -> None:
    raise RequestError(ErrorCode.TOO_LARGE, f"the body is over {limits.body_mib} MiB")


def _handle_errors(app: FastAPI, observer: Observer) -> Callable[[RequestError], Response]:
    """Every refusal has the contract's body; a defect of ours is logged and told without its traceback.

    Returns:
        What makes such an answer, and counts it.
    """

    def refuse(error: RequestError) -> Response:
        observer.refused("http", error.code, error.busy)
        return _dump(error.body(), WIRE_STATUS[error.code].http, _headers(error))

    async def on_request_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestError)
        return refuse(error)

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = ErrorCode.METHOD_NOT_ALLOWED if error.status_code == 405 else ErrorCode.NOT_FOUND
        response = refuse(RequestError(code, f"{request.method} {request.url.path}: {error.detail}"))
        response.headers.update(error.headers or {})
        return response

    def defect(path: str, error: Exception) -> Response:
        log.error("defect while serving %s", path, exc_info=error)
        return refuse(RequestError(ErrorCode.INTERNAL, "a defect of the service; its log has more"))

    async def on_defect(request: Request, error: Exception) -> Response:
        return defect(request.url.path, error)

    app.add_exception_handler(RequestError, on_request_error)
    app.add_exception_handler(HTTPException, on_http_error)
    # of an endpoint; what stands before it, a middleware, raises into the handler, which lets it through to the server
    app.add_middleware(Defects, answer=defect)
    app.add_exception_handler(Exception, on_defect)
    return refuse


def _headers(error: RequestError) -> dict[str, str]:
    headers = dict(_HEADERS.get(error.code, {}))
    if error.retry_after_s is not None:
        # whole seconds are all that HTTP knows; who understands the other comes back sooner
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
        headers[RETRY_METADATA] = str(math.ceil(error.retry_after_s * 1000))
    return headers


def _recipe(recipe: Recipe) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(recipe.spec)
    for part in recipe.parts:
        found["components"][part.name] = {
            "reward": recipe.spec.components[part.name].reward or part.name,
            "weight": part.weight,
            "applies_to": part.reward.applies_to,
            "params": msgspec.to_builtins(part.params),
        }
    return {**found, "hash": recipe.hash}


def _params(params: type[msgspec.Struct]) -> dict[str, Any]:
    """Parameters of a reward with their defaults; those without one are said to be required."""
    return {
        field.name: "required" if field.required else msgspec.to_builtins(field.default)
        for field in msgspec.structs.fields(params)
    }


def _dump(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return _json(msgspec.json.encode(value), status, headers)


def _json(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, headers, media_type="application/json")
