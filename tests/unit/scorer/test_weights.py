"""Real weights, though tiny: the same numbers whatever the batch, and whichever way the forward is computed."""

from __future__ import annotations

import asyncio
import random
import socket
from pathlib import Path
from typing import Any

import pytest

from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import CheckpointError, open_checkpoint
from medreward.scorer.encoding import Encoded
from medreward.scorer.outcomes import calibrated
from medreward.scorer.service import ScorerService
from medreward.scorer.settings import ScorerSettings
from medreward.scorer.types import OutOfMemory
from medreward.scoring.deadline import Deadline
from tests.tiny_scorer import ask, build

torch = pytest.importorskip("torch", reason="medreward[scorer] is not installed")
from medreward.scorer.model import Model  # noqa: E402  (it needs torch)
from medreward.scorer.packed import PackedBert  # noqa: E402
from medreward.scorer.weights import load  # noqa: E402


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("scorer") / "tiny")


@pytest.fixture(autouse=True)
def _threads() -> Any:
    """A scorer sets how many threads torch uses in this process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def offline(checkpoint: Path, asks: list[ScorerAsk]) -> list[float]:
    """Each trajectory alone, by transformers' own forward."""
    opened = open_checkpoint(checkpoint)
    model = Model.load(opened)
    return [calibrated(model.logits([one])[0], opened.card.calibration) for one in model.encoder.encode(asks)]


def served(checkpoint: Path, *batches: list[ScorerAsk], **settings: Any) -> list[list[float | None]]:
    async def all_of_it() -> list[list[float | None]]:
        scorer = ScorerService(ScorerSettings(checkpoint=str(checkpoint), **settings))
        answers = await asyncio.gather(*(scorer.score(batch, Deadline.after_ms(60_000)) for batch in batches))
        await scorer.close()
        return [[outcome.value for outcome in answer.outcomes] for answer in answers]

    return asyncio.run(all_of_it())


@pytest.mark.parametrize("batch_tokens", [1, 100, 1000, 100_000])
@pytest.mark.parametrize("threads", [1, 3])
def test_served_values_are_the_offline_ones_whatever_the_batch(
    checkpoint: Path, batch_tokens: int, threads: int
) -> None:
    asks = [ask(number) for number in range(60)]
    expected = dict(zip(asks, offline(checkpoint, asks), strict=True))
    assert max(expected.values()) - min(expected.values()) > 0.1  # so that a mix-up would show
    shuffled = random.Random(0).sample(asks, len(asks))
    batches = [asks, shuffled, [asks[7]], shuffled[:9], [asks[3]] * 5]
    for batch, values in zip(
        batches, served(checkpoint, *batches, batch_tokens=batch_tokens, threads=threads), strict=True
    ):
        assert values == pytest.approx([expected[one] for one in batch], abs=1e-4)


def test_a_trajectory_that_is_too_long_says_what_was_cut(checkpoint: Path) -> None:
    async def detail() -> str:
        scorer = ScorerService(ScorerSettings(checkpoint=str(checkpoint)))
        scores = await scorer.score([ask(1, words=500)], Deadline.after_ms(60_000))
        await scorer.close()
        return scores.outcomes[0].detail

    assert "trajectory score of tiny-0; cut: " in (told := asyncio.run(detail()))
    assert "cut in visual" in told


@pytest.mark.parametrize("count", [1, 3])
def test_a_batch_without_any_word_is_0(checkpoint: Path, count: int) -> None:
    assert served(checkpoint, [ScorerAsk("question", (("visual", "..."),), "")] * count) == [[0.0] * count]


def encoded(lengths: list[int], seed: int = 0) -> list[Encoded]:
    numbers = random.Random(seed)
    return [Encoded([numbers.randrange(4, 100) for _ in range(length)], length // 3, "") for length in lengths]


@pytest.mark.parametrize("lengths", [[5], [5, 5, 5], [96, 1, 40, 40, 7, 96], list(range(3, 60))])
def test_the_packed_forward_agrees_with_transformers_own(checkpoint: Path, lengths: list[int]) -> None:
    model = Model.load(open_checkpoint(checkpoint))
    batch = encoded(lengths)
    assert PackedBert.fits(model.network)
    assert PackedBert(model.network).logits(batch) == pytest.approx(model.logits(batch), abs=5e-5)


def test_the_packed_forward_agrees_where_the_backbone_knows_one_segment() -> None:
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=100, hidden_size=32, num_hidden_layers=3, num_attention_heads=2, type_vocab_size=1, num_labels=1
    )
    network = BertForSequenceClassification(config).eval()
    batch = encoded([9, 30, 9])
    expected = [network(input_ids=torch.tensor([item.ids])).logits.item() for item in batch]
    assert PackedBert(network).logits(batch) == pytest.approx(expected, abs=1e-5)


def test_the_packed_forward_is_for_the_arithmetic_that_it_knows() -> None:
    from transformers import BertConfig, BertForSequenceClassification, RobertaConfig, RobertaForSequenceClassification

    small: dict[str, Any] = {
        "vocab_size": 100,
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_labels": 1,
    }
    assert PackedBert.fits(BertForSequenceClassification(BertConfig(**small)))
    others = [
        RobertaForSequenceClassification(RobertaConfig(**small)),
        BertForSequenceClassification(BertConfig(**small, hidden_act="relu")),
        BertForSequenceClassification(BertConfig(**{**small, "num_labels": 2})),
        BertForSequenceClassification(BertConfig(**small)).to(torch.bfloat16),
    ]
    assert [PackedBert.fits(network) for network in others] == [False] * len(others)


def test_the_fingerprint_says_what_a_score_depends_on(checkpoint: Path) -> None:
    weights = load(ScorerSettings(checkpoint=str(checkpoint), device="cpu"))
    assert weights.fingerprint == {
        "name": "tiny-0",
        "checkpoint": open_checkpoint(checkpoint).sha256[:16],
        "encoding": "2",
        "precision": "float32",
        "device": "cpu",
    }


def test_other_weights_have_another_fingerprint_and_other_values(checkpoint: Path, tmp_path: Path) -> None:
    other = build(tmp_path / "other", seed=1)
    assert open_checkpoint(other).sha256 != open_checkpoint(checkpoint).sha256
    asks = [ask(number) for number in range(5)]
    assert served(other, asks) != served(checkpoint, asks)


def test_a_checkpoint_of_another_hash_than_configured_is_refused(checkpoint: Path) -> None:
    found = open_checkpoint(checkpoint).sha256
    load(ScorerSettings(checkpoint=str(checkpoint), sha256=found[:16]))
    with pytest.raises(CheckpointError, match=rf"sha256 is {found[:16]}, and scorer.sha256 wants 0123"):
        load(ScorerSettings(checkpoint=str(checkpoint), sha256="0123"))


@pytest.mark.parametrize("missing", ["scorer.json", "config.json", "model.safetensors", "tokenizer.json"])
def test_a_checkpoint_that_is_not_whole_is_refused(tmp_path: Path, missing: str) -> None:
    directory = build(tmp_path / "tiny")
    (directory / missing).unlink()
    with pytest.raises(CheckpointError, match="tiny"):
        load(ScorerSettings(checkpoint=str(directory)))


def test_a_checkpoint_whose_weights_are_torn_is_refused(tmp_path: Path) -> None:
    directory = build(tmp_path / "tiny")
    weights = (directory / "model.safetensors").read_bytes()
    (directory / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(CheckpointError, match="tiny"):
        load(ScorerSettings(checkpoint=str(directory)))


def test_a_checkpoint_without_some_of_its_weights_is_refused(tmp_path: Path) -> None:
    """Otherwise the head would be of random numbers, others at each start."""
    from safetensors.torch import load_file, save_file

    path = build(tmp_path / "tiny") / "model.safetensors"
    weights = load_file(path)
    del weights["classifier.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"weights are missing: classifier\.weight"):
        load(ScorerSettings(checkpoint=str(path.parent)))


def test_a_local_checkpoint_asks_no_network(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def refuse(*where: object, **how: object) -> None:
        asked.append(where)
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    load(ScorerSettings(checkpoint=str(checkpoint)))
    assert asked == []


def test_a_checkpoint_whose_logits_are_no_numbers_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = build(tmp_path / "tiny") / "model.safetensors"
    weights = load_file(path)
    weights["classifier.bias"] += float("nan")
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match="the logit of a plain trajectory is nan"):
        load(ScorerSettings(checkpoint=str(path.parent)))


def test_the_longest_trajectory_has_run_before_a_checkpoint_is_ready(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    forward = PackedBert.logits

    def watched(self: PackedBert, batch: Any) -> list[float]:
        read.extend(len(item.ids) for item in batch)
        return forward(self, batch)

    monkeypatch.setattr(PackedBert, "logits", watched)
    load(ScorerSettings(checkpoint=str(checkpoint), device="cpu"))
    assert read == [open_checkpoint(checkpoint).card.max_tokens]


def test_memory_that_a_forward_does_not_get_is_out_of_memory_on_a_cpu_too(checkpoint: Path) -> None:
    weights = load(ScorerSettings(checkpoint=str(checkpoint), device="cpu"))
    weights._forward = lambda batch: torch.empty(10**15).tolist()  # more than a process can address
    with pytest.raises(OutOfMemory):
        weights.logits(weights.encode([ask(1)]))
