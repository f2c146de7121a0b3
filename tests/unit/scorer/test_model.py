"""One forward a batch: a trajectory's logit does not depend on what it is read with."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="needs medreward[scorer]")

from medreward.scorer.checkpoint import open_checkpoint
from medreward.scorer.model import Model
from tests import tiny_scorer


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    directory: Path = tiny_scorer.build(tmp_path_factory.mktemp("tiny"))
    return Model.load(open_checkpoint(directory))


def test_a_logit_is_the_same_alone_and_in_any_company(model: Model) -> None:
    encoded = model.encoder.encode([tiny_scorer.ask(number) for number in range(24)])
    alone = [model.logits([one])[0] for one in encoded]
    assert len({round(logit, 4) for logit in alone}) > 12  # they differ, or there would be nothing to see
    for seed in range(3):
        order = random.Random(seed).sample(range(24), 24)
        together = model.logits([encoded[i] for i in order])
        for place, i in enumerate(order):
            assert together[place] == pytest.approx(alone[i], abs=1e-5)


def test_question_and_trajectory_are_two_segments(model: Model) -> None:
    (encoded,) = model.encoder.encode([tiny_scorer.ask(1)])
    given = model.batch([encoded])
    segments = given["token_type_ids"][0].tolist()
    assert segments[: len(encoded.ids)] == [0] * encoded.first + [1] * (len(encoded.ids) - encoded.first)
    assert given["attention_mask"].sum().item() == len(encoded.ids)
