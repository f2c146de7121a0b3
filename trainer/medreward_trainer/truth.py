"""What a row of training data knows: a rollout without its response.

verl carries it as ``reward_model.ground_truth`` from the parquet file to the reward, so it is one JSON string: a
:class:`medreward.contract.Rollout` as the service reads it, without ``id``, ``group_id``, ``response`` and ``retry``.
"""

from __future__ import annotations

from typing import Final

import msgspec

from medreward.contract import Retry, Rollout

_OF_A_SAMPLE: Final = ("id", "group_id", "response", "retry")
"""fields that are not known before there is a response"""
_DECODER: Final = msgspec.json.Decoder(Rollout)


class TruthError(ValueError):
    """A ground truth is no rollout of the contract; the message names the field."""


def encode(rollout: Rollout) -> str:
    """A rollout's ground truth: all but the fields of one sample.

    Raises:
        TruthError: there is no question type or no reference, so that nothing could be scored.
    """
    for field in ("question", "question_type", "reference"):
        if not getattr(rollout, field):
            raise TruthError(f"{field}: is required")
    bare = msgspec.structs.replace(rollout, id="", group_id="", response=None, retry=None)
    return msgspec.json.encode(bare).decode()


def decode(ground_truth: str) -> Rollout:
    """The rollout that a ground truth describes, still without a response.

    Raises:
        TruthError: it is no JSON of a rollout, or holds what only a sample has.
    """
    try:
        rollout = _DECODER.decode(ground_truth)
    except msgspec.DecodeError as error:
        raise TruthError(f"ground_truth: {error}") from None
    except TypeError:
        raise TruthError(f"ground_truth: is {type(ground_truth).__name__}, must be a JSON string") from None
    for field in _OF_A_SAMPLE:
        if getattr(rollout, field):
            raise TruthError(f"ground_truth.{field}: belongs to a sample, not to the data")
    return rollout


def sampled(truth: Rollout, id: str, group_id: str, response: str, retry: Retry | None = None) -> Rollout:
    """A rollout to score: the ground truth with one sample's texts."""
    return msgspec.structs.replace(truth, id=id, group_id=group_id, response=response, retry=retry)
