"""The contract is light: a trainer imports it without the services' weight."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("ray", "torch", "vllm", "verl", "transformers", "fastapi", "uvicorn", "scipy")


@pytest.mark.parametrize("module", ["medreward", "medreward.contract", "medreward.contract.codec", "medreward_trainer"])
def test_import_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_only_the_serve_room_imports_ray() -> None:
    from pathlib import Path

    import medreward

    package = Path(medreward.__file__).parent
    importing = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if any(line.strip().startswith(("import ray", "from ray")) for line in path.read_text().splitlines())
    }
    assert importing == {"serve"}
