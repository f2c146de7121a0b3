"""The losses, against figures worked out by hand."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="needs medreward[scorer]")

from medreward_trainer.scorer.losses import absolute, contrastive  # noqa: E402

# two contrasts: one sound and two unsound; one sound and one unsound
LOGITS = torch.tensor([2.0, 1.0, -1.0, 0.5, 0.5])
SOUND = torch.tensor([True, False, False, True, False])
ROW = torch.tensor([0, 0, 0, 1, 1])


def test_infonce_is_the_negative_log_share_of_the_sound_one() -> None:
    first = -math.log(math.exp(2) / (math.exp(2) + math.exp(1) + math.exp(-1)))
    second = -math.log(0.5)
    assert contrastive(LOGITS, SOUND, ROW, "infonce").item() == pytest.approx((first + second) / 2)


def test_pairwise_is_the_mean_over_the_unsound_ones() -> None:
    first = (math.log1p(math.exp(-1)) + math.log1p(math.exp(-3))) / 2
    second = math.log(2)
    assert contrastive(LOGITS, SOUND, ROW, "pairwise").item() == pytest.approx((first + second) / 2)


@pytest.mark.parametrize("loss", ["infonce", "pairwise"])
def test_another_contrasts_trajectories_are_no_rivals(loss: str) -> None:
    alone = contrastive(LOGITS[3:], SOUND[3:], ROW[3:], loss)
    beside = contrastive(torch.tensor([9.0, -9.0, 0.5, 0.5]), torch.tensor([True, False, True, False]), ROW[1:], loss)
    # the first contrast is won by so much that it costs nothing
    assert beside.item() * 2 == pytest.approx(alone.item(), abs=1e-6)


@pytest.mark.parametrize("loss", ["infonce", "pairwise"])
def test_far_apart_logits_do_not_overflow(loss: str) -> None:
    far = torch.tensor([-1e4, 1e4], requires_grad=True)
    value = contrastive(far, torch.tensor([True, False]), torch.tensor([0, 0]), loss)
    value.backward()
    assert value.item() == pytest.approx(2e4)
    assert torch.isfinite(far.grad).all()


def test_both_labels_weigh_the_same_however_many_there_are() -> None:
    few = absolute(torch.tensor([1.0, -1.0]), torch.tensor([True, False]))
    many = absolute(torch.tensor([1.0, -1.0, -1.0, -1.0]), torch.tensor([True, False, False, False]))
    assert few.item() == pytest.approx(many.item())
    assert few.item() == pytest.approx(math.log1p(math.exp(-1)))
