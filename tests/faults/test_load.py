"""What a sender ends with is not hidden by what it brings about."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.load import Load
from tests.faults.rollouts import rollout


def used(monkeypatch: pytest.MonkeyPatch, *, breaks: bool) -> None:
    """A load in whose block nothing comes back in time, with senders of which some break first or none does."""
    begun = asyncio.Event()

    async def by_http(load: Load) -> None:
        begun.set()
        if breaks:
            raise ValueError("a sender's own")
        await asyncio.Event().wait()

    async def by_client(load: Load) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Load, "_by_http", by_http)
    monkeypatch.setattr(Load, "_by_client", by_client)

    async def use() -> None:
        async with Load("http://nowhere", {0: rollout(0), 1: rollout(1)}, least=0):
            await begun.wait()
            raise TimeoutError("nothing came")

    asyncio.run(use())


def test_what_a_sender_ended_with_is_raised_where_the_block_failed_for_want_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValueError, match="a sender's own") as caught:
        used(monkeypatch, breaks=True)
    assert isinstance(caught.value.__cause__, TimeoutError)


def test_what_the_block_failed_with_is_raised_where_all_senders_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TimeoutError, match="nothing came"):
        used(monkeypatch, breaks=False)
