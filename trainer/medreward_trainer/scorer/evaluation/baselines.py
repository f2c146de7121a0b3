"""What needs no training of ours, or none of an encoder: the scorer must be better than these to be worth its cost.

length        words of the trajectory, more or fewer being better, whichever fits the training contrasts
bag_of_words  logistic regression over TF-IDF of words and pairs of words of the trajectory, fitted on the training
              contrasts: which words sound trajectories have, without what they say together or of the question
untrained     the backbone before training: cosine of the mean-pooled embeddings of what was seen (question and
              stages) and of what was concluded (conclusion and answer). It is how sentence embeddings are commonly
              compared (Reimers and Gurevych 2019), and asks what we ask: does the conclusion follow? Each part is
              read by itself, as short as such encoders are used to, and once, however many trajectories share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from medreward.scorer.checkpoint import Card
from medreward.scorer.encoding import readable
from medreward.scorer.model import build, tokenizer_of
from medreward_trainer.scorer.evaluation.scoring import BATCH_TOKENS
from medreward_trainer.scorer.evaluation.table import Floats, Table, told
from medreward_trainer.scorer.examples import Example
from medreward_trainer.scorer.reading import batches

LENGTH: Final = "length"
BAG_OF_WORDS: Final = "bag_of_words"
UNTRAINED: Final = "untrained"
_MOST_TERMS: Final = 100_000


class BaselineError(ValueError):
    """A baseline cannot be run on these data; the message says why."""


def length(train: Table, test: Table) -> tuple[Floats, str]:
    """Scores of ``test``, shape ``(n,)``, and what they are.

    Raises:
        BaselineError: there is nothing to choose the direction by.
    """
    _check(train)
    longer = roc_auc_score(train.sound, train.words) >= 0.5
    words = test.words.astype(np.float64)
    return words if longer else -words, f"words; {'more' if longer else 'fewer'} are better in the training contrasts"


def bag_of_words(train: Table, test: Table) -> tuple[Floats, str]:
    """Log odds of ``test``, shape ``(n,)``, and what they are.

    Raises:
        BaselineError: there is nothing to fit.
    """
    _check(train)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=_MOST_TERMS)
    try:
        seen = vectorizer.fit_transform(told(example) for example in train.examples)
    except ValueError as error:
        raise BaselineError(f"training contrasts: {error}") from None
    model = LogisticRegression(max_iter=1000, class_weight="balanced").fit(seen, train.sound)
    scores: Floats = model.decision_function(vectorizer.transform(told(example) for example in test.examples))
    terms = len(vectorizer.vocabulary_)
    return scores, f"logistic regression over TF-IDF of {terms} words and pairs of words, fitted on the same data"


def untrained(card: Card, test: Table, device: str = "cpu") -> tuple[Floats, str]:
    """Cosines of ``test``, shape ``(n,)``, and what they are; -1 where nothing was concluded.

    Raises:
        CheckpointError: there is no such backbone here.
    """
    tokenizer = tokenizer_of(card.backbone, card.revision)
    network: Any = build(card.backbone, card.revision, card.backbone_sha256).base_model.to(device).eval()
    halves = [seen_and_concluded(example) for example in test.examples]
    parts = sorted({part for both in halves for half in both for part in half})
    place = {part: i for i, part in enumerate(parts)}
    encoded = tokenizer(parts, truncation=True, max_length=card.max_tokens)["input_ids"] if parts else []
    sums = _embed(network, tokenizer, encoded, device)
    cosines = np.full(len(halves), -1.0)
    for row, (seen, concluded) in enumerate(halves):
        if seen and concluded:
            left, right = (sums[[place[part] for part in half]].sum(axis=0) for half in (seen, concluded))
            cosines[row] = left @ right / (np.linalg.norm(left) * np.linalg.norm(right))
    what = f"{card.backbone} before training: cosine of question with stages, and conclusion with answer"
    return cosines, what


def seen_and_concluded(example: Example) -> tuple[list[str], list[str]]:
    """The parts of question and stages, and of conclusion and answer; none of them is empty."""
    ask = example.ask
    seen = [ask.question, *(readable(text) for name, text in ask.stages if name != "conclusion")]
    concluded = [*(readable(text) for name, text in ask.stages if name == "conclusion"), ask.answer]
    return [part for part in seen if part.strip()], [part for part in concluded if part.strip()]


def _embed(network: Callable[..., Any], tokenizer: Any, encoded: Sequence[list[int]], device: str) -> Floats:
    """Sum over the tokens of the last layer, so that parts add up to a mean; shape ``(len(encoded), hidden)``."""
    every = batches([len(one) for one in encoded], BATCH_TOKENS)
    rows: dict[int, Floats] = {}
    console = Console(stderr=True)
    for batch in track(every, "untrained", console=console, disable=not console.is_terminal, transient=True):
        padded = tokenizer.pad({"input_ids": [encoded[i] for i in batch]}, return_tensors="pt").to(device)
        with torch.inference_mode():
            hidden = network(**padded).last_hidden_state
            summed = (hidden * padded["attention_mask"].unsqueeze(-1)).sum(1)
        rows |= dict(zip(batch, summed.double().cpu().numpy(), strict=True))
    return np.stack([rows[i] for i in range(len(encoded))]) if rows else np.empty((0, 0))


def _check(train: Table) -> None:
    if not train.sound.any() or train.sound.all():
        raise BaselineError("there are no sound and unsound training contrasts to fit it on")
