"""Between verl's replay buffer and its trainer: a training batch passes only once it may be trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Batch = Any
"""verl's ``KVBatchMeta``: keys and tags of rollouts that lie in the transfer queue"""


class Admission:
    """A replay buffer whose training batches go through ``admit``; validation batches pass."""

    def __init__(
        self, buffer: Any, admit: Callable[[Batch, Callable[[], Batch]], tuple[Batch, dict[str, float]]]
    ) -> None:
        """A gate.

        Args:
            buffer: verl's replay buffer.
            admit: is given a batch and a way to get another one after it submitted prompts anew; returns what may be
                trained on, and metrics.
        """
        self._buffer = buffer
        self._admit = admit

    def sample(self, global_steps: int, partition_id: str, batch_size: int) -> tuple[Batch, dict[str, Any]]:
        """As verl's ``ReplayBuffer.sample``."""

        def draw() -> tuple[Batch, dict[str, Any]]:
            drawn: tuple[Batch, dict[str, Any]] = self._buffer.sample(
                global_steps=global_steps, partition_id=partition_id, batch_size=batch_size
            )
            return drawn

        batch, metrics = draw()
        if partition_id == "val":
            return batch, metrics
        admitted, more = self._admit(batch, lambda: draw()[0])
        return admitted, {**metrics, **more}
