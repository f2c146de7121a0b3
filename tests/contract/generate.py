"""Generates the checked-in protobuf code: ``python -m tests.contract.generate [DIRECTORY]`` (``make proto``)."""

from __future__ import annotations

import sys
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto" / "medreward" / "v1"
CHECKED_IN = ROOT / "services"
# a virtual path, so that the generated import is medreward.contract.v1 and proto/ needs no Python package
PACKAGE = "medreward/contract/v1"


def generate(into: Path) -> list[Path]:
    """The generated files, under ``into``."""
    (into / PACKAGE).mkdir(parents=True, exist_ok=True)
    outputs = [f"--{kind}_out={into}" for kind in ("python", "pyi", "grpc_python")]
    code = protoc.main(["protoc", f"-I{PACKAGE}={PROTO}", f"-I{_well_known()}", *outputs, f"{PACKAGE}/reward.proto"])
    if code != 0:
        raise RuntimeError(f"protoc failed with {code}")
    return sorted((into / PACKAGE).glob("reward_pb2*"))


def _well_known() -> Path:
    import grpc_tools

    return Path(grpc_tools.__file__).parent / "_proto"


if __name__ == "__main__":
    for path in generate(Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKED_IN):
        print(path)
