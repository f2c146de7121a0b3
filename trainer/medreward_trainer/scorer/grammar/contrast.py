"""One question's contrast: sound trajectories in several words, and their corrupted twins."""

from __future__ import annotations

from random import Random
from typing import Final

import msgspec

from medreward.scorer import ScorerAsk

from ..examples import Contrast, Example, Kind, split_of
from .asides import observations
from .corrupt import CORRUPT, NEED_MARKS
from .lexicon import entities
from .regions import Reach
from .sketch import Case, Fact, Sketch
from .writer import Draft, Style, Writer

THINK: Final = 0.2
"""the share of questions whose trajectories are written as one flowing text"""
TERSE: Final = 0.12
BRIEF: Final = 0.5
BARE: Final = 0.5
"""the share written in the shortest form"""
UNSOUND: Final = 7
"""how many corrupted twins at most"""


def sketch_of(case: Case, rng: Random) -> Sketch:
    """The right answer's sketch, with asides and something to weigh it against by chance."""
    main = case.gold.facts[0]
    asides = list(observations(case, rng)[: rng.choice((0, 0, 1, 1, 2))])
    if main.present and main.side is not None and rng.random() < 0.45:
        asides.append(Fact(main.entity, False, main.mirrored().side, main.area))
    rivals = [key for key in (claim.facts[0].entity for claim in case.rivals) if key != main.entity]
    if rivals:
        against = rng.choice(rivals)
        if rng.random() < 0.6:
            asides.append(Fact(against, False))
        return Sketch(case.gold, tuple(asides), against if rng.random() < 0.7 else None, case.boxes)
    others = [fact.entity for fact in observations(case, rng, tuple(asides))]
    same = [key for key in others if entities()[key].sort == entities()[main.entity].sort]
    if same and rng.random() < 0.7:
        if rng.random() < 0.4:
            asides.append(Fact(same[0], False))
        return Sketch(case.gold, tuple(asides), same[0], case.boxes)
    return Sketch(case.gold, tuple(asides), None, case.boxes)


def contrast(case: Case, source: str, group: str, rng: Random) -> Contrast:
    """A contrast of a case.

    Args:
        case: the question with its right and wrong answers.
        source: the data set.
        group: what a split never divides.
        rng: the only source of chance.
    """
    split = split_of(source, group)
    style = Style(
        "think" if rng.random() < THINK else "lvkc",
        terse=rng.random() < TERSE,
        brief=rng.random() < BRIEF,
        bare=rng.random() < BARE,
    )
    writer = Writer(split, style, rng)
    sketch = Sketch(case.gold, (), None, case.boxes) if style.bare else sketch_of(case, rng)
    drafts = _sound(sketch, writer)
    unsound: list[Example] = []
    kinds = [kind for kind in CORRUPT if style.form == "lvkc" or kind not in NEED_MARKS]
    rng.shuffle(kinds)
    for kind in kinds:
        base = rng.choice([draft for _, draft in drafts]) if rng.random() < 0.75 else writer.draft(sketch)
        broken = CORRUPT[kind](case, sketch, base, writer)
        if broken is not None and len(unsound) < UNSOUND:
            unsound.append(_example(kind, broken, case, writer))
    return Contrast(source, group, tuple(_example(kind, draft, case, writer) for kind, draft in drafts), tuple(unsound))


def _sound(sketch: Sketch, writer: Writer) -> list[tuple[Kind, Draft]]:
    """Two to four sound trajectories of one meaning."""
    rng = writer.rng
    plain = writer.draft(sketch)
    drafts: list[tuple[Kind, Draft]] = [("plain", plain), ("paraphrase", writer.draft(sketch))]
    if len(plain["visual"]) > 1 and rng.random() < 0.6:
        seen = list(plain["visual"])
        drafts.append(("reordered", plain.having(visual=tuple(seen[1:] + seen[:1]))))
    if rng.random() < 0.4:
        reach: Reach = "point" if writer.form == "lvkc" and rng.random() < 0.5 else "wide"
        drafts.append(("other_region", plain.having(localization=writer.localize(sketch, reach))))
    if len(drafts) < 4 and rng.random() < 0.3:
        short = msgspec.structs.replace(sketch, asides=sketch.asides[:1], against=None)
        drafts.append(("shortened", writer.draft(short)))
    return drafts


def _example(kind: Kind, draft: Draft, case: Case, writer: Writer) -> Example:
    return Example(ScorerAsk(case.question, writer.stages(draft), draft.answer), kind)
