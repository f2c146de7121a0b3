"""Prints contrasts to read: ``python -m medreward_trainer.scorer.grammar.show --data PATH --source slake``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final

from ..examples import Contrast, Example
from ..sources import chestx_facts, rad_restruct, slake

LOADERS: Final[dict[str, Callable[[Path, int, int | None], list[Contrast]]]] = {
    "slake": slake.load,
    "rad_restruct": rad_restruct.load,
    "chestx_facts": chestx_facts.load,
}


def shown(example: Example) -> str:
    """One trajectory, a stage a line."""
    stages = [f"    {name}: {text}" for name, text in example.ask.stages]
    mark = "+" if example.sound else "-"
    return "\n".join([f"  {mark} {example.kind}", *stages, f"    answer: {example.ask.answer}"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints ``-n`` contrasts of a source."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data root")
    parser.add_argument("--source", choices=sorted(LOADERS), required=True)
    parser.add_argument("-n", type=int, default=3, help="how many contrasts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=("train", "tune", "test"), help="only of this split")
    options = parser.parse_args(arguments)
    made = LOADERS[options.source](options.data, options.seed, None)
    made = [each for each in made if options.split in (None, each.split)]
    for contrast in Random(options.seed).sample(made, min(options.n, len(made))):
        print(f"\n[{contrast.source} {contrast.group} {contrast.split}] {contrast.sound[0].ask.question}")
        for example in (*contrast.sound, *contrast.unsound):
            print(shown(example))


if __name__ == "__main__":
    main()
