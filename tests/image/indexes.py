"""Where pip finds packages on this machine, for a build that runs in a root of its own.

The machine's configuration becomes two files that the build is handed as secrets, and the folders that it must see.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
"""where Debian keeps the authorities that it trusts, and where pip's own are put for the build"""

_LIST_S = 60.0


class Indexes(NamedTuple):
    """What a build is given."""

    pip: str
    """a pip.conf"""
    uv: str
    """a uv.toml that says the same"""
    mounts: dict[Path, Path]
    """folders and files of this machine -> where the build must find them"""


def of_this_machine() -> Indexes:
    """From ``pip config list``: files and environment together."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    return read(subprocess.run(command, capture_output=True, text=True, check=True, timeout=_LIST_S).stdout)


def read(listed: str) -> Indexes:
    """What ``pip config list`` printed; places on this disk that do not exist are left out, as pip does."""
    said: dict[str, list[str]] = {}
    for where, key, value in re.findall(r"^(\S+)\.([\w-]+)=(.*)$", listed, re.MULTILINE):
        if where in ("global", "install", ":env:"):
            said.setdefault(key, []).append(str(ast.literal_eval(value)))
    index = said.get("index-url", [])[-1:]  # the last one rules: the environment is listed after the files
    extra = _all(said, "extra-index-url")
    links = _all(said, "find-links")
    mounts = {place: place for entry in (*index, *extra, *links) if (place := _folder(entry)) is not None}
    pip, options = ["[global]"], ['index-strategy = "unsafe-best-match"']  # any index, as pip has it
    for key, entries in (("index-url", index), ("extra-index-url", extra), ("find-links", links)):
        if entries:
            pip.append(f"{key} = {' '.join(entries)}")
            options.append(f"{key} = {json.dumps(entries[0] if key == 'index-url' else entries)}")
    if hosts := _all(said, "trusted-host"):
        pip.append(f"trusted-host = {' '.join(hosts)}")
        options.insert(0, f"allow-insecure-host = {json.dumps(hosts)}")
    uv = ["system-certs = true", *options]
    if certificates := said.get("cert", [])[-1:]:
        pip.append(f"cert = {CERTIFICATES}")
        mounts[Path(certificates[0]).resolve()] = CERTIFICATES
    return Indexes(pip="\n".join([*pip, ""]), uv="\n".join([*uv, ""]), mounts=mounts)


def _all(said: dict[str, list[str]], key: str) -> list[str]:
    entries = [entry for value in said.get(key, []) for entry in value.split()]
    return [entry for entry in dict.fromkeys(entries) if _local(entry) is None or _folder(entry) is not None]


def _local(entry: str) -> Path | None:
    """The place on this disk that is meant; None for one on the network, or a host."""
    if entry.startswith("/"):
        return Path(entry)
    parts = urlsplit(entry)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _folder(entry: str) -> Path | None:
    place = _local(entry)
    if place is None or not place.exists():
        return None
    # an index's pages lie in a folder of that name, and the files that they link to beside it
    return place.parent if place.name == "simple" else place
