"""What a hostile text costs to score: ``python -m tests.fuzz.backtrack [--every] [--out FILE]``.

Each family of ``families`` is scored at the default limit of a text and at a megabyte, with that limit raised: decoded,
parsed, put to every component of a recipe and to the embedded judge, encoded for the scorer, and written as a reply.
The figures are milliseconds of CPU time of this process, the best of three. Exit status 1 when one is over the bound,
which grows with the time that a loop of the same kind takes in the same run: a slow machine alone fails nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.fuzz.families import FAMILIES
from tests.fuzz.scoring import RECIPES, REFERENCES, RESPONSES, Bench, body, cases, response, rollout

MEGABYTE: Final = 1_000_000
LIMIT: Final = 262_144
"""the default of ``limits.text_chars``"""
BOUND_MS: Final = 50.0
"""where the loop takes ``LOOP_MS``, or less"""
LOOP_MS: Final = 11.5
"""of the machine that the bound was set on"""
_LOOP: Final = "The left lung is clear; <b>no</b> effusion, 3 mm. " * 2000
_WORD: Final = re.compile(r"[^\W_]+|[^\w\s]")


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


def loop_ms(times: int = 5) -> float:
    """CPU time of work like that of scoring, whose amount is always the same; the least of several."""

    def once() -> float:
        began = time.process_time()
        found = Counter(match[0].lower() for match in _WORD.finditer(json.loads(json.dumps(_LOOP))))
        assert found["lung"] == 2000
        return time.process_time() - began

    return min(once() for _ in range(times)) * 1000


def bound_ms(loop: float) -> float:
    """What a megabyte may cost where the loop takes so long."""
    return BOUND_MS * max(1.0, loop / LOOP_MS)


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
    loops = [loop_ms()]
    for family in options.only or FAMILIES:
        dear = max(
            ((_cost(bench, case, MEGABYTE), case) for case in (every if options.every else some)(family)),
            key=lambda pair: pair[0],
        )
        at_limit = cost_ms(bench, dear[1], LIMIT)
        if dear[0] > bound_ms(loops[0]):
            # the machine may be slower by now
            loops.append(loop_ms())
            dear = (min(dear[0], cost_ms(bench, dear[1], MEGABYTE, 5)), dear[1])
        found.append({"megabyte_ms": round(dear[0], 1), "limit_ms": round(at_limit, 1), **dear[1]._asdict()})
    bench.close()
    found.sort(key=lambda row: -float(str(row["megabyte_ms"])))
    print(f"{'family':34}{'1 MB, ms':>10}{'262 144, ms':>13}  where")
    for row in found[: options.top]:
        where = ", ".join(str(row[name]) for name in ("recipe", "question_type", "place"))
        print(f"{row['family']:34}{row['megabyte_ms']:>10}{row['limit_ms']:>13}  {where}")
    loop = max(loops)
    over = [row for row in found if float(str(row["megabyte_ms"])) > bound_ms(loop)]
    print(f"{len(found)} families, {len(over)} over {bound_ms(loop):.1f} ms at a megabyte")
    print(f"the bound is {BOUND_MS:g} ms where a loop takes {LOOP_MS:g} ms, as which it took {loop:.1f} ms here")
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(bool(over))


def _cost(bench: Bench, case: Case, size: int) -> float:
    once = cost_ms(bench, case, size, 1)
    # what is far below the bound needs no second look
    return once if once < BOUND_MS / 2 else min(once, cost_ms(bench, case, size))


if __name__ == "__main__":
    main()
