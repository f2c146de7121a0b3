"""Objects, and what has happened to them."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from typing import NamedTuple

from tests.helm.documents import Document
from tests.helm.fake_api import admission, controllers
from tests.helm.fake_api.errors import Refused
from tests.helm.fake_api.resources import NAMESPACES, Resource

_MADE = "2026-01-01T00:00:00Z"
_OURS = ("uid", "creationTimestamp", "generation")


class Key(NamedTuple):
    """Where an object is."""

    resource: Resource
    namespace: str
    name: str


class Event(NamedTuple):
    """A change; its version is that of the object after it."""

    version: int
    verb: str
    key: Key
    document: Document


class Store:
    """All objects of a cluster. Written by the server's own loop alone; to be read by a test between its calls."""

    def __init__(self, kubernetes: str) -> None:
        self.kubernetes = kubernetes
        self.objects: dict[Key, Document] = {}
        self.version = 0
        self._events: list[Event] = []
        self._changed = asyncio.Event()
        for name in ("default", "kube-system"):
            self.write(Key(NAMESPACES, "", name), {"metadata": {"name": name}})

    def get(self, key: Key) -> Document:
        """Raises Refused where there is none."""
        if key not in self.objects:
            raise Refused(404, "NotFound", f'{key.resource.plural} "{key.name}" not found')
        return self.objects[key]

    def listed(self, resource: Resource, namespace: str) -> Iterator[tuple[Key, Document]]:
        """Those of a kind, in one namespace or all."""
        for key, document in sorted(self.objects.items()):
            if key.resource == resource and namespace in ("", key.namespace):
                yield key, document

    def create(self, key: Key, document: Document, *, dry_run: bool = False) -> Document:
        """Stores what must be new."""
        if key in self.objects:
            raise Refused(409, "AlreadyExists", f'{key.resource.plural} "{key.name}" already exists')
        return self.write(key, document, dry_run=dry_run)

    def write(self, key: Key, document: Document, *, dry_run: bool = False) -> Document:
        """Stores the object as a whole, after all checks; returns it as it is then."""
        if key.namespace and Key(NAMESPACES, "", key.namespace) not in self.objects:
            raise Refused(404, "NotFound", f'namespaces "{key.namespace}" not found')
        before = self.objects.get(key)
        after = self._complete(key, deepcopy(document), before)
        admission.check(after, before, self.kubernetes)
        self._control(key, after)
        if not dry_run:
            self._record("ADDED" if before is None else "MODIFIED", key, after)
        return after

    def delete(self, key: Key, *, dry_run: bool = False) -> None:
        """At once."""
        document = self.get(key)
        if not dry_run:
            self._record("DELETED", key, deepcopy(document))

    async def events(self, since: int) -> AsyncIterator[Event]:
        """What happened after a version, and then what happens, without end."""
        index = 0
        while True:
            changed = self._changed
            while index < len(self._events):
                event = self._events[index]
                index += 1
                if event.version > since:
                    yield event
            await changed.wait()

    def _complete(self, key: Key, document: Document, before: Document | None) -> Document:
        document.update(apiVersion=key.resource.api_version, kind=key.resource.kind)
        metadata = document["metadata"]
        known = before["metadata"] if before else {}
        asked = metadata.pop("resourceVersion", None)
        if before and asked not in (None, "", known["resourceVersion"]):
            raise Refused(409, "Conflict", f'{key.resource.plural} "{key.name}" has been changed meanwhile')
        metadata.update(name=key.name, **({"namespace": key.namespace} if key.namespace else {}))
        metadata.update({name: known[name] for name in _OURS if name in known})
        if key.resource.kind == "Secret":
            plain = document.pop("stringData", {})
            encoded = {name: base64.b64encode(text.encode()).decode() for name, text in plain.items()}
            if encoded:
                document["data"] = {**document.get("data", {}), **encoded}
        document.pop("status", None)
        if before is None:
            metadata.update(uid=str(uuid.uuid4()), creationTimestamp=_MADE, generation=1)
        elif document.get("spec") != before.get("spec"):
            metadata["generation"] += 1
        return document

    def _control(self, key: Key, document: Document) -> None:
        present = {(k.resource.kind, k.name) for k in self.objects if k.namespace == key.namespace}
        status = controllers.status(document, lambda kind, name: (kind, name) in present)
        if status is not None:
            document["status"] = status

    def _record(self, verb: str, key: Key, document: Document) -> None:
        self.version += 1
        document["metadata"]["resourceVersion"] = str(self.version)
        if verb == "DELETED":
            del self.objects[key]
        else:
            self.objects[key] = document
        self._events.append(Event(self.version, verb, key, document))
        self._changed.set()
        self._changed = asyncio.Event()
