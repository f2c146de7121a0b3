"""What docs/judge.md shows is what happens."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
import yaml

from medreward.assembly import build_desk, build_judge
from medreward.config import load_settings
from medreward.contract.codec import Limits, decode_judge_request
from medreward.contract.types import JudgeCounts
from tests.contract.test_docs import ROOT, blocks


@pytest.mark.parametrize("block", blocks("docs/judge.md", "yaml"))
def test_the_settings_shown_are_accepted(block: str) -> None:
    shown = yaml.safe_load(block)
    engine = shown["judge"]["engine"]
    assert load_settings(**shown).judge.engine == engine


def test_the_curl_shown_is_answered() -> None:
    (command,) = blocks("docs/judge.md", "sh")
    body = re.search(r"-d '(.*)'", command, re.DOTALL)
    assert body
    json.loads(body[1])
    request = decode_judge_request(body[1].encode(), "semantics", Limits())
    settings = load_settings()
    (verdict,) = asyncio.run(build_desk(settings, build_judge(settings.judge)).rule(request)).verdicts
    assert (verdict.id, verdict.status, verdict.value) == ("1", "ok", 1.0)


def test_every_count_is_documented() -> None:
    text = (ROOT / "docs/judge.md").read_text()
    assert all(f"`{name}`" in text for name in JudgeCounts.__struct_fields__)
