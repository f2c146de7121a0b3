"""The running event loop's own client, for code that is called without one at hand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from weakref import WeakKeyDictionary

from medreward_trainer.client.client import RewardClient
from medreward_trainer.client.settings import ClientSettings

_Keeper = AsyncGenerator[RewardClient, None]

_lock = threading.Lock()  # several threads may run loops
_kept: WeakKeyDictionary[asyncio.AbstractEventLoop, list[tuple[RewardClient, _Keeper]]] = WeakKeyDictionary()


def client_of(settings: ClientSettings) -> RewardClient:
    """The one client of the running loop with these settings, made at the first call.

    It is closed by :func:`close_clients`, or when the loop shuts down its asynchronous generators, as ``asyncio.run``
    does at its end.

    Raises:
        RuntimeError: no event loop is running.
    """
    loop = asyncio.get_running_loop()
    with _lock:
        for other in [other for other in _kept if other.is_closed()]:
            del _kept[other]  # it ended without a shutdown: nothing can be awaited there any more
        kept = _kept.setdefault(loop, [])
        for client, _ in kept:
            if client.settings is settings or client.settings == settings:
                return client
        client = RewardClient(settings)
        kept.append((client, _keep(loop, client)))
        return client


async def close_clients() -> None:
    """Closes the running loop's clients; calls under way are unscored."""
    with _lock:
        kept = _kept.pop(asyncio.get_running_loop(), [])
    for _, keeper in kept:
        await keeper.aclose()


def _keep(loop: asyncio.AbstractEventLoop, client: RewardClient) -> _Keeper:
    """Hooks the client's end into the loop's: a suspended asynchronous generator is closed by a loop that ends."""

    async def keeper() -> _Keeper:
        try:
            yield client
        finally:
            with _lock:
                if loop in _kept:
                    _kept[loop] = [one for one in _kept[loop] if one[0] is not client]
            await client.close()

    generator = keeper()
    try:
        # up to its yield, where it awaits nothing; the loop learns of it by this
        generator.__anext__().send(None)
    except StopIteration:
        return generator
    raise AssertionError("unreachable: the generator yields before it awaits")
