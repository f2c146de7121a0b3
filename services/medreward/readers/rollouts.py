"""The contract's own JSON lines: one :class:`~medreward.contract.types.Rollout` a line."""

from __future__ import annotations

from collections.abc import Iterator

from medreward.contract.codec import decode_rollout
from medreward.contract.errors import RequestError
from medreward.contract.types import Rollout
from medreward.readers.source import Source
from medreward.readers.types import Options


def read(source: Source, options: Options) -> Iterator[Rollout]:
    """Each line as it is; what the service would refuse raises, named by ``file:line`` and field."""
    for number, line in source.lines():
        try:
            yield decode_rollout(line, options.limits)
        except RequestError as error:
            source.fail(number, error.message.removeprefix("the body "))
