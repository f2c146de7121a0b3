from __future__ import annotations

from typing import Any

from medreward_trainer.verl.admission import Admission


class Buffer:
    """Gives one batch after the other."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def sample(self, *, global_steps: int, partition_id: str, batch_size: int) -> tuple[str, dict[str, Any]]:
        self.drawn.append(partition_id)
        return f"batch {len(self.drawn)}", {"drawn": len(self.drawn)}


def test_a_training_batch_is_what_was_admitted() -> None:
    buffer = Buffer()
    gate = Admission(buffer, lambda batch, draw: (f"{batch} then {draw()}", {"unscored": 0.5}))
    assert gate.sample(3, "train", 8) == ("batch 1 then batch 2", {"drawn": 1, "unscored": 0.5})


def test_a_validation_batch_passes() -> None:
    gate = Admission(Buffer(), lambda batch, draw: ("never", {}))
    assert gate.sample(3, "val", 8) == ("batch 1", {"drawn": 1})
