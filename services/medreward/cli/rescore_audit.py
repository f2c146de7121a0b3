"""An audit log as what was scored once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medreward.cli.errors import Unusable
from medreward.cli.rescore_stored import Stored
from medreward.cli.types import SeenComponent, SeenResult
from medreward.contract.codec import Limits, decode_rollout
from medreward.contract.errors import RequestError
from medreward.observability.audit.fingerprints import read_fingerprint
from medreward.observability.audit.reading import AuditError, AuditFiles
from medreward.observability.audit.rows import RolloutRow

log = logging.getLogger(__name__)


class AuditRun:
    """The rollouts of an audit log that kept texts; each record counts, also where a rollout was scored again."""

    def __init__(self, directory: Path) -> None:
        """Reads all of it once.

        Raises:
            Unusable: it is none, cannot be read, or kept no texts.
        """
        self._files = AuditFiles(directory, RolloutRow)
        self._recipes: set[tuple[str, str]] = set()
        self._fingerprints: set[str] = set()
        texts = without = 0
        for row in self._rows():
            if row.rollout is None:
                without += 1
                continue
            texts += 1
            self._recipes.add((row.recipe, row.recipe_hash))
            self._fingerprints.add(row.fingerprint)
        if not texts and not without:
            raise Unusable(f"{directory}: has no rollouts of an audit log")
        if not texts:
            raise Unusable(
                f"{directory}: kept no texts, so that nothing in it can be scored again; set audit.texts: true in the "
                f"settings of the service, for what comes"
            )
        if without:
            log.warning("%s: %d rollouts were kept without texts and are left out", directory, without)

    @property
    def recipe(self) -> str | None:
        """The one that all were scored by; None: they were by several."""
        names = {name for name, _ in self._recipes}
        return names.pop() if len(names) == 1 else None

    @property
    def before(self) -> dict[str, Any]:
        """What is the same for all of them."""
        said: dict[str, Any] = {}
        if len(self._recipes) == 1:
            ((said["recipe"], said["recipe_hash"]),) = self._recipes
        if len(self._fingerprints) == 1:
            (name,) = self._fingerprints
            if (found := read_fingerprint(self._files.directory, name)) is not None:
                said |= {"medreward": found.version, "judge": found.judge, "scorer": found.scorer}
        return said

    def pairs(self, limits: Limits) -> Iterator[Stored]:
        """See :meth:`medreward.cli.rescore_stored.StoredRun.pairs`."""
        for row in self._rows():
            if row.rollout is None:
                continue
            try:
                rollout = decode_rollout(row.rollout.encode(), limits)
            except RequestError as error:
                raise Unusable(f"{self._files.directory}: rollout {row.id!r}: {error.message}") from None
            yield Stored(rollout, _result(row))

    def _rows(self) -> Iterator[RolloutRow]:
        try:
            yield from self._files.rows()
        except AuditError as error:
            raise Unusable(str(error)) from None


def _result(row: RolloutRow) -> SeenResult:
    components = {
        part.name: SeenComponent(part.status, part.weight, part.detail, part.value, part.applies_to)
        for part in row.components
    }
    return SeenResult(row.id, components, row.reward, row.detail)
