"""Baselines find what they can find, and nothing else."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import Checkpoint, CheckpointError
from medreward_trainer.scorer.evaluation.baselines import (
    BaselineError,
    bag_of_words,
    length,
    seen_and_concluded,
    untrained,
)
from medreward_trainer.scorer.evaluation.table import Table
from medreward_trainer.scorer.examples import Contrast, Example

from .made import contrast, example, told_apart


def by_length(longer_is_sound: bool) -> list[Contrast]:
    long, short = example("plain", "clear " * 9), example("plain", "clear")
    sound, other = (long, short) if longer_is_sound else (short, long)
    return [contrast("a", [sound], [Example(other.ask, "side_flip")])]


@pytest.mark.parametrize("longer", [True, False])
def test_length_takes_the_direction_that_fits_the_training(longer: bool) -> None:
    train, test = Table.of(by_length(longer)), Table.of(by_length(True))
    scores, what = length(train, test)
    assert roc_auc_score(test.sound, scores) == (1.0 if longer else 0.0)
    assert ("more" if longer else "fewer") in what


def test_bag_of_words_learns_words_that_tell() -> None:
    scores, _ = bag_of_words(Table.of(told_apart(20)), test := Table.of(told_apart(5)))
    assert roc_auc_score(test.sound, scores) == 1.0


def test_bag_of_words_does_not_read_the_question() -> None:
    asked = [contrast(str(i), [with_question("yes", "plain")], [with_question("no", "side_flip")]) for i in range(10)]
    scores, _ = bag_of_words(Table.of(asked), Table.of(asked))
    assert len(np.unique(scores)) == 1


def with_question(question: str, kind: str) -> Example:
    return msgspec.convert({"ask": [question, [["visual", "clear"]], "yes"], "kind": kind}, Example)


@pytest.mark.parametrize("baseline", [length, bag_of_words])
def test_nothing_to_fit_is_told(baseline: object) -> None:
    empty, test = Table.of([]), Table.of(told_apart(2))
    with pytest.raises(BaselineError, match="training contrasts"):
        baseline(empty, test)  # type: ignore[operator]


def test_the_untrained_encoder_compares_what_was_seen_with_what_was_concluded(tiny: Checkpoint) -> None:
    stages = (("visual", "left effusion"), ("conclusion", "left effusion"))
    assert seen_and_concluded(Example(ScorerAsk("is there", stages, "yes"), "plain")) == (
        ["is there", "left effusion"],
        ["left effusion", "yes"],
    )
    same = Example(ScorerAsk("", (("visual", "left effusion"), ("conclusion", "left effusion")), ""), "plain")
    other = Example(ScorerAsk("", (("visual", "left effusion"), ("conclusion", "no mass")), ""), "side_flip")
    nothing = Example(ScorerAsk("", (("visual", "left effusion"),), ""), "skipped_stage")
    cosines, _ = untrained(tiny.card, Table.of([contrast("a", [same], [other, nothing])]))
    assert cosines[0] == pytest.approx(1.0, abs=1e-6)
    assert -1 < cosines[1] < 0.999
    assert cosines[2] == -1.0


def test_a_backbone_that_is_not_there_is_told(tiny: Checkpoint) -> None:
    card = msgspec.structs.replace(tiny.card, backbone="/no/such/backbone")
    with pytest.raises(CheckpointError, match="no/such/backbone"):
        untrained(card, Table.of(told_apart(1)))
