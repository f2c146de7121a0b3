"""Bodies of requests. Helm's typed clients send protobuf, all others JSON or YAML."""

from __future__ import annotations

from typing import Any

import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import Message

from tests.helm.documents import Document, parse
from tests.helm.fake_api.errors import Refused

_MAGIC = b"k8s\0"
_PACKAGE = "fake_kubernetes"
# What of Kubernetes' messages Helm writes: number and type of each field; other fields are skipped in reading.
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "TypeMeta": {"apiVersion": (1, "string"), "kind": (2, "string")},
    "Unknown": {"typeMeta": (1, "TypeMeta"), "raw": (2, "bytes")},
    "Texts": {"key": (1, "string"), "value": (2, "string")},
    "Blobs": {"key": (1, "string"), "value": (2, "bytes")},
    "ObjectMeta": {
        "name": (1, "string"),
        "generateName": (2, "string"),
        "namespace": (3, "string"),
        "resourceVersion": (6, "string"),
        "labels": (11, "Texts"),
        "annotations": (12, "Texts"),
    },
    "Namespace": {"metadata": (1, "ObjectMeta")},
    "ConfigMap": {"metadata": (1, "ObjectMeta"), "data": (2, "Texts"), "binaryData": (3, "Blobs")},
    "Secret": {"metadata": (1, "ObjectMeta"), "data": (2, "Blobs"), "type": (3, "string")},
    "DeleteOptions": {"propagationPolicy": (4, "string")},
}
_MAPS = ("Texts", "Blobs")


def decode(body: bytes) -> Document:
    """The object in a body; without one, an empty object."""
    if body.startswith(_MAGIC):
        return _from_protobuf(body[len(_MAGIC) :])
    try:
        documents = parse(body.decode())
    except yaml.YAMLError as error:
        raise Refused(400, "BadRequest", f"the body cannot be read: {error}") from error
    return documents[0] if documents else {}


def _from_protobuf(body: bytes) -> Document:
    envelope = _read("Unknown", body)
    kind = envelope["typeMeta"]["kind"]
    if kind not in _MESSAGES:
        raise Refused(415, "UnsupportedMediaType", f"this fake does not read {kind} as protobuf")
    message = _CLASSES[kind]()
    message.ParseFromString(_raw(body))
    return {**envelope["typeMeta"], **_plain(json_format.MessageToDict(message))}


def _raw(body: bytes) -> bytes:
    envelope: Any = _CLASSES["Unknown"]()
    envelope.ParseFromString(body)
    raw: bytes = envelope.raw
    return raw


def _read(name: str, body: bytes) -> Document:
    message = _CLASSES[name]()
    message.ParseFromString(body)
    result: Document = json_format.MessageToDict(message)
    return result


def _plain(value: Any) -> Any:
    """Lists of entries as mappings; bytes are base64 in either form."""
    if isinstance(value, list):
        return {entry["key"]: entry.get("value", "") for entry in value}
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def _classes() -> dict[str, type[Message]]:
    file = descriptor_pb2.FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto3")
    types = descriptor_pb2.FieldDescriptorProto
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            label = types.LABEL_REPEATED if kind in _MAPS else types.LABEL_OPTIONAL
            added = message.field.add(name=field, json_name=field, number=number, label=label)
            if kind in _MESSAGES:
                added.type, added.type_name = types.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                added.type = types.TYPE_BYTES if kind == "bytes" else types.TYPE_STRING
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


_CLASSES = _classes()
