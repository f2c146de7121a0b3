"""What a hostile text costs to score: ``python -m tests.fuzz.backtrack [--every] [--out FILE]``.

Each family of ``families`` is scored at the default limit of a text and at a megabyte, with that limit raised: decoded,
parsed, put to every component of a recipe and to the embedded judge, encoded for the scorer, and written as a reply.
The figures are milliseconds of CPU time of this process, the best of three. Exit status 1 when one is over the bound.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.fuzz.families import FAMILIES
from tests.fuzz.scoring import RECIPES, REFERENCES, RESPONSES, Bench, body, cases, response, rollout

MEGABYTE: Final = 1_000_000
LIMIT: Final = 262_144
"""the default of ``limits.text_chars``"""
BOUND_MS: Final = 50.0


class Case(NamedTuple):
    """What is scored."""

    family: str
    recipe: str
    question_type: str
    place: str

    def body(self, size: int) -> bytes:
        """The request with a response of ``size`` characters."""
        return body(self.recipe, rollout(self.question_type, response(self.place, FAMILIES[self.family], size)))


def every(family: str) -> Iterator[Case]:
    """The family in every recipe, question type and place."""
    return (Case(family, *case) for case in cases())


def some(family: str) -> Iterator[Case]:
    """The family in every place; recipes and question types take turns, so that all families meet all of them."""
    turn = list(FAMILIES).index(family)
    types = list(REFERENCES)
    for number, place in enumerate(RESPONSES):
        yield Case(family, RECIPES[(turn + number) % 3], types[(turn + number) % 4], place)


def cost_ms(bench: Bench, case: Case, size: int, times: int = 3) -> float:
    """CPU time of one scoring, the least of several."""
    request = case.body(size)
    return min(bench.score(request).cpu_s for _ in range(times)) * 1000


def main() -> None:
    """Prints the dearest families, and exits with 1 when one is over the bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", action="store_true", help="every recipe and question type for each, some minutes")
    parser.add_argument("--only", action="append", default=[], help="a family")
    parser.add_argument("--top", type=int, default=20, help="lines of the table")
    parser.add_argument("--out", type=Path, help="JSON of all")
    options = parser.parse_args()
    bench = Bench()
    found = []
    for family in options.only or FAMILIES:
        dear = max(
            ((_cost(bench, case, MEGABYTE), case) for case in (every if options.every else some)(family)),
            key=lambda pair: pair[0],
        )
        at_limit = cost_ms(bench, dear[1], LIMIT)
        found.append({"megabyte_ms": round(dear[0], 1), "limit_ms": round(at_limit, 1), **dear[1]._asdict()})
    bench.close()
    found.sort(key=lambda row: -float(str(row["megabyte_ms"])))
    print(f"{'family':34}{'1 MB, ms':>10}{'262 144, ms':>13}  where")
    for row in found[: options.top]:
        where = ", ".join(str(row[name]) for name in ("recipe", "question_type", "place"))
        print(f"{row['family']:34}{row['megabyte_ms']:>10}{row['limit_ms']:>13}  {where}")
    over = [row for row in found if float(str(row["megabyte_ms"])) > BOUND_MS]
    print(f"{len(found)} families, {len(over)} over {BOUND_MS:g} ms at a megabyte")
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(bool(over))


def _cost(bench: Bench, case: Case, size: int) -> float:
    once = cost_ms(bench, case, size, 1)
    # what is far below the bound needs no second look
    return once if once < BOUND_MS / 2 else min(once, cost_ms(bench, case, size))


if __name__ == "__main__":
    main()
