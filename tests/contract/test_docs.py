"""What the documents show is what happens."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import msgspec
import yaml

from medreward.assembly import build_desk, build_judge, build_pipeline
from medreward.config import Settings, load_settings
from medreward.contract.codec import Limits, decode_judge_request, decode_request
from medreward.contract.errors import WIRE_STATUS
from medreward.contract.types import STATUSES
from medreward.scoring.gates import GATES

ROOT = Path(__file__).resolve().parents[2]


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)


def test_the_readme_s_curl_has_the_readme_s_reply() -> None:
    command, judged = blocks("README.md", "sh")
    (shown,) = (json.loads(block) for block in blocks("README.md", "json"))
    body = re.search(r"-d '(.*)'", command, re.DOTALL)
    assert body
    request = decode_request(body[1].encode(), Limits())
    settings = load_settings()
    judge = build_judge(settings.judge)
    reply = msgspec.to_builtins(asyncio.run(build_pipeline(settings, judge=judge).score(request)))
    assert set(reply.pop("timing_ms")) == set(shown.pop("timing_ms"))
    # of the judge's part only the engine is shown
    assert shown["fingerprint"].pop("judge").items() <= reply["fingerprint"].pop("judge").items()
    for result in shown["results"]:
        for component in result["components"].values():
            assert component["status"] in STATUSES
    assert reply == shown
    body = re.search(r"-d '(.*)'", judged, re.DOTALL)
    assert body
    question = decode_judge_request(body[1].encode(), "semantics", Limits())
    (verdict,) = asyncio.run(build_desk(settings, build_judge(settings.judge)).rule(question)).verdicts
    assert (verdict.status, verdict.value) == ("ok", 0.0)
    assert verdict.reason


def test_the_settings_shown_are_the_defaults() -> None:
    shown = yaml.safe_load(blocks("docs/serving.md", "yaml")[0])
    assert shown == Settings().model_dump(mode="json")


def test_the_serve_config_shown_is_accepted() -> None:
    from ray.serve.schema import ServeDeploySchema

    config = ServeDeploySchema.model_validate(yaml.safe_load(blocks("docs/serving.md", "yaml")[1]))
    (application,) = config.applications
    assert application.import_path == "medreward.serve.app:build"
    assert load_settings(**application.args).ingress.replicas == 4


def test_every_refusal_is_documented_with_its_codes() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \| (\d+) \| (\w+) \|", (ROOT / "docs/serving.md").read_text(), re.MULTILINE))
    assert rows == {(code.value, str(status.http), status.grpc) for code, status in WIRE_STATUS.items()}


def test_every_status_and_gate_is_documented() -> None:
    text = (ROOT / "docs/rewards.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \| ", text, re.MULTILINE)) >= set(STATUSES)
    assert all(f"`{name}`" in text for name in GATES)


def test_the_contributing_example_is_a_reward() -> None:
    (code,) = blocks("CONTRIBUTING.md", "python")
    namespace: dict[str, object] = {}
    exec(code, namespace)  # our own document
    brevity = namespace["brevity"]
    from tests.unit.rewards.build import gemex, sample

    assert brevity(sample(gemex("two words")), None).value == 1.0  # type: ignore[operator]
    assert brevity(sample(gemex("word " * 13)), None).value == 0.0  # type: ignore[operator]
