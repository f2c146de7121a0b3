"""A run of ``medreward-train grpo`` for tests: real data, a tiny model, the command in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from medreward_trainer.verl import prompts
from tests.engines import tiny_vl

COMMAND = Path(sys.executable).with_name("medreward-train")
TRAIN_S = 600.0
"""seconds after which a run hangs"""
PIXELS = 28 * 28 * 16
TAUGHT = 400
"""steps of teaching, after which four in five first answers of the longer form are whole"""

LVKC = (
    '<LOC>{{"box_2d": [100, 100, 400, 400], "label": "lung"}}</LOC><VISUAL>The lung is clear.</VISUAL>'
    "<KNOWLEDGE>Clear lungs are normal.</KNOWLEDGE><CON>So it is {0}.</CON><ANSWER>{0}</ANSWER>"
)
THINKVG = "<think>The lung is clear.</think><response><answer>{0}</answer></response>"
FORMATS = {"gemex": THINKVG, "medsage": LVKC}


class Run(NamedTuple):
    """A run that has ended."""

    code: int
    log: str
    folder: Path

    def rollouts(self, step: int) -> list[dict[str, Any]]:
        """What the dump says of a step."""
        lines = (self.folder / "rollouts" / f"{step}.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def metrics(self) -> dict[str, list[float]]:
        """What TensorBoard shows: by name, a value a step."""
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        found: dict[str, list[float]] = {}
        for file in (self.folder / "tensorboard").rglob("events.*"):
            events = EventAccumulator(str(file)).Reload()
            for name in events.Tags()["scalars"]:
                found.setdefault(name, []).extend(event.value for event in events.Scalars(name))
        return found


def write_data(folder: Path, data: Path, recipe: str, rows: int) -> Path:
    """Real questions about real images whose answer is no, as ``medreward-train data`` writes them; the file.

    Each is asked with another number of words: verl 0.9.1 cannot take a batch of sequences that are all equally long.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    command = [COMMAND, "data", "slake", "--data", data / "slake", "--out", folder, "--recipe", recipe]
    subprocess.run(
        [*map(str, command), "--limit", "120", "--max-pixels", str(PIXELS)],
        check=True,
        timeout=120,
        capture_output=True,
    )
    table = pq.read_table(folder / "train.parquet")
    found = table.to_pylist()
    denied = [row for row in found if json.loads(row["reward_model"]["ground_truth"])["reference"]["answer"] == "No"]
    assert len(denied) >= rows
    for i, row in enumerate(denied[:rows]):
        row["prompt"][0]["content"] += "\n" + "Look closely. " * i
    file = folder / "denied.parquet"
    pq.write_table(pa.Table.from_pylist(denied[:rows], schema=table.schema), file)
    return file


def write_model(folder: Path, data: Path, recipe: str) -> Path:
    """A model that says yes as often as no in the recipe's format, and no when it is asked again; the folder."""
    import pyarrow.parquet as pq

    asked = [row[0]["content"] for row in pq.read_table(data)["prompt"].to_pylist()]
    yes, no = (FORMATS[recipe].format(answer) for answer in ("yes", "no"))
    again = [(prompts.text(prompts.SELF_CHECK), ["The lung is clear."]), (prompts.text(prompts.RETRY), [no])]
    tiny_vl.build(folder, asked, [yes, no], then=again if recipe == "medsage" else (), steps=TAUGHT)
    return folder


def run(name: str, url: str, model: Path, data: Path, folder: Path, overrides: Sequence[str] = ()) -> Run:
    """The command, to its end.

    Raises:
        subprocess.TimeoutExpired: it hangs; what it started is killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = Path(f"/tmp/mr{os.getpid()}{name[:1]}")  # Ray's sockets need a short path
    command = [
        *(str(COMMAND), "grpo", "--config-name", name, "layout=tiny-cpu"),
        f"medreward.client.urls=[{url}]",
        f"actor_rollout_ref.model.path={model}",
        f"data.train_files={data}",
        f"data.val_files={data}",
        f"trainer.default_local_dir={folder}",
        f"+ray_kwargs.ray_init._temp_dir={temporary}",
        *overrides,
    ]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "RAY_DEDUP_LOGS": "0", "TOKENIZERS_PARALLELISM": "false"},
        )
        try:
            code = process.wait(TRAIN_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return Run(code, log.read_text(errors="replace"), folder)
