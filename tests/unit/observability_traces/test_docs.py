"""What docs/tracing.md shows is what is logged and taken."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
import yaml

from medreward.config import Settings
from medreward.contract.types import Component, Fingerprint, Result, Rollout, ScoreRequest, ScoreResponse, Timing
from medreward.observability.logs import _Json
from medreward.observability.logs_access import OUR_FAULT, Watcher
from medreward.observability.request_id import Request, work_for

PAGE = (Path(__file__).resolve().parents[3] / "docs/tracing.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_settings_shown_are_taken() -> None:
    for block in blocks("yaml"):
        settings = Settings.model_validate(yaml.safe_load(block))
        assert settings != Settings()


def test_the_lines_shown_have_the_fields_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "medreward")
    absent = Component(status="timeout", weight=1.0, detail="")
    response = ScoreResponse(
        [Result(id="r1", components={"semantics": absent})], Fingerprint("1", "gemex", ""), Timing(0.0, 0.0, 0.0)
    )
    work_for(Request("r", "trainer"))
    with Watcher().watch("http", "score", {}) as watched:
        watched.scored(ScoreRequest(recipe="gemex", rollouts=[Rollout(id="r1")]), response)
    warned, line = (json.loads(_Json("ingress", False).format(record)) for record in caplog.records)
    work_for(None)
    assert [list(json.loads(block)) for block in blocks("json")] == [list(line), list(warned)]


def test_every_status_that_is_warned_of_is_named() -> None:
    assert all(f"`{status}`" in PAGE for status in OUR_FAULT)
