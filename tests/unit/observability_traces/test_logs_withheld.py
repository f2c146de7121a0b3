"""Whatever a reward, the judge or the scorer raises: the log of the whole way has types and places, and no text."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from medreward.assembly import build_desk, build_pipeline
from medreward.config import load_settings
from medreward.contract.types import JudgeItem, JudgeRequest, Reference, Rollout, ScoreRequest
from medreward.judge import JudgeAsk, Judged, Ruled
from medreward.observability import logs
from medreward.observability.tracing_settings import Logs
from medreward.scorer import ScorerAsk, Scores
from medreward.scoring.deadline import Deadline

SECRET = "zebrafish"


class Quoting:
    """A judge and a scorer that fail, and say at what."""

    problem = ""

    def fingerprint(self) -> Mapping[str, str]:
        return {}

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        raise RuntimeError(f"cannot read {asks!r}")

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, deadline: Deadline) -> Ruled:
        raise KeyError(repr(items))

    async def score(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Scores:
        raise ValueError(f"cannot encode {asks!r}")


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    handlers, filters = list(root.handlers), list(logging.getLogger("ray.serve").filters)
    levels = {name: logging.getLogger(name).level for name in logs.OURS}
    logs.configure(Logs(format="json", dir=tmp_path), "ingress")
    yield tmp_path
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers, logging.getLogger("ray.serve").filters = handlers, filters
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_what_judge_and_scorer_raise_is_told_without_the_texts_in_it(logged: Path) -> None:
    settings, quoting = load_settings(), Quoting()
    rollout = Rollout(
        id="r1",
        question=SECRET,
        question_type="open_ended",
        context=SECRET,
        response=f"<think>{SECRET}</think><response><answer>{SECRET}</answer></response>",
        reference=Reference(f"another {SECRET}"),
    )
    item = JudgeItem("i1", {"question": SECRET, "reference": SECRET, "candidate": f"another {SECRET}"})

    async def run() -> tuple[str, str]:
        pipeline = build_pipeline(settings, judge=quoting, scorer=quoting)
        (result,) = (await pipeline.score(ScoreRequest(recipe="medsage", rollouts=[rollout]))).results
        assert result.reward is None
        assert result.components["consistency"].status == "unavailable"
        ruled = await build_desk(settings, quoting).rule(JudgeRequest("semantics", items=[item]))
        return result.components["semantics"].status, ruled.verdicts[0].status

    assert asyncio.run(run()) == ("unavailable", "unavailable")
    (path,) = logged.glob("*.log")
    told = path.read_text()
    assert all(kind in told for kind in ("RuntimeError", "KeyError", "ValueError"))
    assert SECRET not in told
    assert all(json.loads(line)["level"] == "ERROR" for line in told.splitlines())
