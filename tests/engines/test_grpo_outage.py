"""The reward cluster is killed in the middle of a GRPO run: it is waited for, or the run stops where it can go on.

One training in two runs of the same command: in the first the service stays away, in the second it comes back.
"""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec
import psutil
import pytest

from medreward.contract import codec
from medreward.contract.types import ScoreRequest
from medreward_trainer.cli.grpo import GONE
from medreward_trainer.truth import decode, encode, sampled
from tests.engines import grpo
from tests.open_questions import DATA, NO_DATA
from tests.running import Cluster, served

pytestmark = [
    pytest.mark.skipif(not DATA, reason=NO_DATA),
    pytest.mark.skipif(importlib.util.find_spec("verl") is None, reason="verl is not installed"),
]
STEPS = 4
PROMPTS = 2
SAMPLES = 3
STEP_S = 240.0
"""seconds within which a step comes, the start of its run included"""
Lines = list[dict[str, Any]]


class Service:
    """The reward cluster, on the same ports however often it is started."""

    def __init__(self, logs: Path) -> None:
        self._logs, self._stack = logs, ExitStack()
        self._running: list[Cluster] = []

    @property
    def url(self) -> str:
        """Where it answers, if it runs."""
        return self._running[0].url

    def start(self) -> None:
        """Returns once it is ready."""
        # of an option given twice the last one holds
        ports = ["--port", _port(self.url), "--grpc-port", _port(f"//{self._running[0].grpc}")] if self._running else []
        log = self._logs / f"{len(self._running)}.log"
        self._running.append(self._stack.enter_context(served(log, *ports)))
        httpx.get(f"{self.url}/readyz", timeout=10).raise_for_status()

    def kill(self) -> None:
        """All of its processes, at once and without a word."""
        command = psutil.Process(self._running[-1].process.pid)
        processes = [command, *command.children(recursive=True)]
        for process in processes:
            process.kill()
        psutil.wait_procs(processes[1:], timeout=10)
        self.stop()

    def stop(self) -> None:
        """In good order, if it runs."""
        self._stack.close()

    def score(self, lines: Lines) -> list[float | None]:
        """The rewards of rollouts in a dump, asked anew."""
        rollouts = [sampled(decode(line["gts"]), line["uid"], line["group"], line["output"]) for line in lines]
        reply = httpx.post(
            f"{self.url}/v1/score",
            content=codec.encode(ScoreRequest(recipe="gemex", rollouts=rollouts)),
            headers={"content-type": "application/json"},
            timeout=30,
        )
        return [result.get("reward") for result in reply.raise_for_status().json()["results"]]


class Story(NamedTuple):
    """What happened."""

    gone: grpo.Run
    """after its first step the service was killed, and stayed away"""
    left: set[str]
    """what that run left in its folder"""
    last: int
    """the last step that it dumped: the first, unless the next was through before the service was dead"""
    back: grpo.Run
    """the same command; a step later the service was killed, and started again"""
    lines: dict[int, Lines]
    """the dump of both, by step"""
    anew: dict[int, list[float | None]]
    """what the service says of the dump's rollouts afterwards"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("service"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def story(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Story:
    assert DATA
    folder = tmp_path_factory.mktemp("outage")
    data = grpo.write_data(folder / "data", Path(DATA), "gemex", STEPS * PROMPTS)
    model = grpo.write_model(folder / "model", data, "gemex")
    _number(data)

    def run(wait_limit_s: int, step: int, then: Callable[[], None]) -> grpo.Run:
        overrides = [
            f"trainer.total_training_steps={STEPS}",
            f"medreward.outage.wait_limit_s={wait_limit_s}",
            "medreward.outage.longest_wait_s=4",
            "medreward.client.deadline_s=5",
        ]
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(grpo.run, "gemex", service.url, model, data, folder / "run", overrides)
            _wait_for(folder / "run" / "rollouts" / f"{step}.jsonl", running)
            service.kill()
            then()
            return running.result()

    service.start()
    gone = run(10, 1, lambda: None)
    left = {str(path.relative_to(gone.folder)) for path in gone.folder.rglob("*")}
    last = max(int(Path(name).stem) for name in left if name.startswith("rollouts/"))
    service.start()
    back = run(180, last + 1, service.start)
    written = {int(path.stem): back.rollouts(int(path.stem)) for path in (back.folder / "rollouts").iterdir()}
    return Story(gone, left, last, back, written, {step: service.score(lines) for step, lines in written.items()})


def _number(data: Path) -> None:
    """Many images have the same question; its context, which no reward of the recipe reads, tells the rows apart."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(data)
    models = table["reward_model"].to_pylist()
    for number, model in enumerate(models):
        truth = decode(model["ground_truth"])
        model["ground_truth"] = encode(msgspec.structs.replace(truth, context=f"row {number}"))
    column = table.schema.get_field_index("reward_model")
    field = table.schema.field(column)
    pq.write_table(table.set_column(column, field, pa.array(models, field.type)), data)


def _wait_for(file: Path, running: Future[grpo.Run]) -> None:
    until = time.monotonic() + STEP_S
    while not file.exists():
        assert not running.done(), running.result().log[-6000:]
        assert time.monotonic() < until, f"no {file.name} within {STEP_S:g} s"
        time.sleep(0.05)


def _port(url: str) -> str:
    return str(urlsplit(url).port)


def test_a_run_whose_service_stays_away_stops_with_a_checkpoint(story: Story) -> None:
    assert story.gone.code == GONE, story.gone.log[-6000:]
    (said,) = re.findall(r"^medreward-train: .*$", story.gone.log, re.MULTILINE)
    assert "for the reward service at http://127.0.0.1:" in said
    saved = f"global_step_{story.last}"
    assert f"the checkpoint is {story.gone.folder / saved}:" in said
    assert {f"{saved}/data.pt", f"{saved}/actor"} <= story.left
    assert [name for name in story.left if re.fullmatch(r"global_step_\d+", name)] == [saved]


def test_the_same_command_goes_on_from_there_with_the_prompts_that_were_not_taken(story: Story) -> None:
    assert story.back.code == 0, story.back.log[-6000:]
    assert set(story.lines) == set(range(1, STEPS + 1))
    asked = [{decode(line["gts"]).context for line in lines} for lines in story.lines.values()]
    assert [len(prompts) for prompts in asked] == [PROMPTS] * STEPS
    assert set.union(*asked) == {f"row {number}" for number in range(STEPS * PROMPTS)}


def test_a_service_that_comes_back_is_waited_for_and_the_log_says_so(story: Story) -> None:
    log = story.back.log
    waiting = log.index("waiting for the reward service at http://127.0.0.1:")
    assert log.index("ready again: the reward service at http://127.0.0.1:") > waiting
    metrics = story.back.metrics()
    assert sum(metrics["outage/waited_s"] + metrics["outage/waited_before_step_s"]) > 1


def test_no_reward_was_invented(story: Story) -> None:
    assert len({reward for rewards in story.anew.values() for reward in rewards}) > 1
    for step, lines in story.lines.items():
        assert len({line["uid"] for line in lines}) == len(lines) == PROMPTS * SAMPLES
        assert any(line["medreward"]["trained"] for line in lines)
        for line, anew in zip(lines, story.anew[step], strict=True):
            ours = line["medreward"]
            assert ours["trained"] == (ours["status"] == "ok") == (line["score"] is not None)
            assert anew is not None
            assert line["score"] in (None, anew)
            assert line["score"] == ours["reward"]
