"""Paths and verbs."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.helm.documents import Document
from tests.helm.fake_api import discovery, selectors, wire
from tests.helm.fake_api.errors import Refused
from tests.helm.fake_api.resources import Resource
from tests.helm.fake_api.store import Event, Key, Store

_APPLY = "application/apply-patch+yaml"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_WATCH_S = 300  # when the client names no end


class Call(NamedTuple):
    """A request, for a test to look at."""

    method: str
    path: str
    query: dict[str, str]


class Server:
    """The ASGI application over a store."""

    def __init__(self, store: Store, resources: list[Resource]) -> None:
        self.store, self.calls = store, list[Call]()
        self._resources = resources
        self._by_path = {(resource.api_version, resource.plural): resource for resource in resources}
        self.app = Starlette(
            routes=[Route("/{path:path}", self._answer, methods=_METHODS)], exception_handlers={Refused: _refuse}
        )

    async def _answer(self, request: Request) -> Response:
        path, query = request.url.path, dict(request.query_params)
        self.calls.append(Call(request.method, path, query))
        if path in ("/healthz", "/livez", "/readyz"):
            return PlainTextResponse("ok")
        if path == "/openapi/v2":
            # an empty document as protobuf: Helm asks for it before it says that a kind is unknown
            return Response(b"")
        found = discovery.answer(path, self._resources, self.store.kubernetes)
        if found is not None:
            return JSONResponse(found)
        key, part = self._key(path)
        if request.method == "GET":
            return self._read(key, part, query)
        return self._write(request, key, query, wire.decode(await request.body()))

    def _key(self, path: str) -> tuple[Key, str]:
        """The object or, with an empty name, the kind that a path means; and what part of the object."""
        words = path.strip("/").split("/")
        count = 2 if words[0] == "api" else 3
        api_version, rest = "/".join(words[1:count]), words[count:]
        namespace = ""
        if len(rest) > 2 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        resource = self._by_path.get((api_version, rest[0] if rest else ""))
        if resource is None or len(rest) > 3:
            raise Refused(404, "NotFound", f"the server could not find the requested resource: {path}")
        name, part = [*rest[1:], "", ""][:2]
        return Key(resource, namespace, name), part

    def _read(self, key: Key, part: str, query: dict[str, str]) -> Response:
        if part == "log":
            self.store.get(key)
            return PlainTextResponse("no container ran: this API server is a fake\n")
        if part:
            raise Refused(404, "NotFound", f"{key.resource.plural} have no {part} here")
        if key.name:
            return JSONResponse(self.store.get(key))
        if query.get("watch") in ("true", "1"):
            return StreamingResponse(self._watch(key, query), media_type="application/json")
        items = [document for found, document in self.store.listed(*key[:2]) if _meant(document, query)]
        metadata = {"resourceVersion": str(self.store.version)}
        kind = {"kind": f"{key.resource.kind}List", "apiVersion": key.resource.api_version}
        return JSONResponse({**kind, "metadata": metadata, "items": items})

    async def _watch(self, key: Key, query: dict[str, str]) -> AsyncIterator[str]:
        since = int(query.get("resourceVersion") or 0)
        if since == 0 or query.get("sendInitialEvents") == "true":
            since = self.store.version
            for _, document in list(self.store.listed(*key[:2])):
                if _meant(document, query):
                    yield _line("ADDED", document)
        if query.get("sendInitialEvents") == "true":
            kind = {"kind": key.resource.kind, "apiVersion": key.resource.api_version}
            marks = {"k8s.io/initial-events-end": "true"}
            yield _line("BOOKMARK", {**kind, "metadata": {"resourceVersion": str(since), "annotations": marks}})
        try:
            async with asyncio.timeout(int(query.get("timeoutSeconds") or _WATCH_S)):
                async for event in self.store.events(since):
                    if _concerns(event, key) and _meant(event.document, query):
                        yield _line(event.verb, event.document)
        except TimeoutError:
            return  # the end that the client has asked for

    def _write(self, request: Request, key: Key, query: dict[str, str], body: Document) -> Response:
        dry_run = "dryRun" in query
        if request.method == "DELETE":
            self.store.delete(key, dry_run=dry_run)
            return JSONResponse({"kind": "Status", "apiVersion": "v1", "status": "Success"})
        if request.method == "POST":
            prefix = body["metadata"].get("generateName", "")
            name = body["metadata"].get("name") or f"{prefix}{uuid.uuid4().hex[:5]}"
            return JSONResponse(self.store.create(key._replace(name=name), body, dry_run=dry_run), 201)
        if request.method == "PATCH" and request.headers["content-type"] != _APPLY:
            body = _merged(self.store.get(key), body) if _is_merge(request) else {}
        created = key not in self.store.objects
        if created and request.method == "PUT":
            self.store.get(key)
        return JSONResponse(self.store.write(key, body, dry_run=dry_run), 201 if created else 200)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse(error.status, error.code)


def _meant(document: Document, query: dict[str, str]) -> bool:
    try:
        return selectors.matches(document, query.get("labelSelector", ""), query.get("fieldSelector", ""))
    except ValueError as error:
        raise Refused(400, "BadRequest", str(error)) from error


def _concerns(event: Event, key: Key) -> bool:
    return event.key.resource == key.resource and key.namespace in ("", event.key.namespace)


def _line(verb: str, document: Document) -> str:
    return json.dumps({"type": verb, "object": document}) + "\n"


def _is_merge(request: Request) -> bool:
    kind = request.headers["content-type"]
    if kind == "application/merge-patch+json":
        return True
    raise Refused(415, "UnsupportedMediaType", f"this fake does not read {kind}")


def _merged(base: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), value)
    return result
