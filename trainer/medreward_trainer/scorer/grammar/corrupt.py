"""The nine corruptions, made on the meaning: a stage is written anew of a sketch that excludes the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

import msgspec

from ..examples import Corruption
from .asides import observations, stranger
from .lexicon import entities
from .regions import apart
from .sketch import Case, Claim, Fact, Sketch
from .writer import Draft, Writer

Corrupt = Callable[[Case, Sketch, Draft, Writer], Draft | None]
"""``None``: the sketch does not allow it"""
replace = msgspec.structs.replace


def _other(case: Case, sketch: Sketch, rng: Random) -> Claim:
    return rng.choice([claim for claim in (case.gold, *case.rivals) if claim.answer != sketch.claim.answer])


def _turned(sketch: Sketch, rng: Random) -> Sketch:
    """Present for absent and absent for present, in the claim and in what is denied beside it."""
    facts = []
    for fact in sketch.claim.facts if sketch.claim.verdict == "yes" else sketch.claim.facts[:1]:
        denied = fact.denied()
        if denied.present and entities()[fact.entity].paired and fact.side is None:
            denied = replace(denied, side=rng.choice(("left", "right")))
        elif fact.present and not sketch.claim.sided and rng.random() < 0.7:
            denied = replace(denied, side=None)
        facts.append(denied)
    claim = replace(sketch.claim, facts=tuple(facts), verdict="no" if sketch.claim.verdict == "yes" else "yes")
    return replace(sketch, claim=claim, against=None)


def negation_flip(case: Case, sketch: Sketch, draft: Draft, writer: Writer) -> Draft | None:
    """What is present is said to be absent, or the other way round: seen otherwise, or concluded otherwise."""
    turned = _turned(sketch, writer.rng)
    if len({claim.facts[0].entity for claim in (case.gold, *case.rivals)}) > 1:
        options = {claim.facts[0].entity: claim.facts[0] for claim in case.rivals}
        asides = tuple(options.get(fact.entity, fact) for fact in sketch.asides)
        if asides == sketch.asides and writer.rng.random() < 0.6:
            return None
        return draft.having(visual=writer.see(replace(turned, asides=asides)))
    if writer.rng.random() < 0.75:
        return draft.having(visual=writer.see(turned))
    return draft.having(conclusion=writer.conclude(turned))


def side_flip(case: Case, sketch: Sketch, draft: Draft, writer: Writer) -> Draft | None:
    """Left for right in one stage."""
    if sketch.main.side is None:
        return None
    twin = replace(
        sketch,
        claim=sketch.claim.mirrored(),
        asides=tuple(fact.mirrored() if fact.entity == sketch.main.entity else fact for fact in sketch.asides),
    )
    stage = writer.rng.choice(("localization", "visual", "visual", "conclusion" if sketch.claim.sided else "visual"))
    if stage == "localization":
        return draft.having(localization=writer.localize(twin, exact=True))
    if stage == "visual":
        return draft.having(visual=writer.see(twin))
    return draft.having(conclusion=writer.conclude(twin))


def conclusion_conflict(case: Case, sketch: Sketch, draft: Draft, writer: Writer) -> Draft | None:
    """Conclusion and answer agree with each other and not with what was seen."""
    other = _other(case, sketch, writer.rng)
    against = sketch.main.entity if other.facts[0].entity != sketch.main.entity else sketch.against
    turned = replace(sketch, claim=other, against=against)
    return replace(draft.having(conclusion=writer.conclude(turned)), answer=other.answer)


def wrong_answer(case: Case, sketch: Sketch, draft: Draft, writer: Writer) -> Draft | None:
    """The answer is another than the conclusion's."""
    return replace(draft, answer=_other(case, sketch, writer.rng).answer)


def knowledge_mismatch(case: Case, sketch: Sketch, draft: Draft, writer: Writer) -> Draft | None:
    """Knowledge of something else, or signs ascribed the wrong way round."""
    main = sketch.main.entity
    other = stranger(case, sketch, writer.rng, inside=True)
    if other is None:
        return None
    if writer.rng.random() < 0.15:
        one, two = entities()[main], entities()[sketch.against or other.entity]
        return draft.having(knowledge=writer.crossed(one, two))
    donor = replace(sketch, claim=replace(sketch.claim, facts=(other,)))
    return draft.having(knowledge=writer.know(donor))


def stage_swap(case: Case, sketch: Sketch, draft: Draft, writer: Writer) -> Draft | None:
    """A stage of another case."""
    other = stranger(case, sketch, writer.rng)
    if other is None:
        return None
    donor = _donor(case, sketch, other, writer.rng)
    stage = writer.rng.choice(("localization", "visual", "visual", "conclusion"))
    if stage == "localization" and other.placed and apart(other, sketch.main):
        return draft.having(localization=writer.localize(donor))
    if stage == "conclusion":
        return draft.having(conclusion=writer.conclude(donor))
    return draft.having(visual=writer.see(donor))


def unsupported_leap(case: Case, sketch: Sketch, draft: Draft, writer: Writer) -> Draft | None:
    """Conclusion and answer assert what no stage speaks of."""
    rng = writer.rng
    other = stranger(case, sketch, rng, strict=True)
    if other is None:
        return None
    claims = [claim for claim in (case.gold, *case.rivals) if claim.facts[0].present]
    claim = rng.choice(claims) if claims and rng.random() < 0.2 else sketch.claim
    against = sketch.against if sketch.against not in {fact.entity for fact in claim.facts} else sketch.main.entity
    donor = _donor(case, sketch, other, rng)
    leap = draft.having(
        visual=writer.see(donor),
        conclusion=writer.conclude(replace(sketch, claim=claim, asides=donor.asides, against=against)),
    )
    if rng.random() < 0.6:
        leap = leap.having(knowledge=writer.know(donor))
    return replace(leap, answer=claim.answer)


def skipped_stage(case: Case, sketch: Sketch, draft: Draft, writer: Writer) -> Draft | None:
    """A stage is missing, and what is left may be longer for it."""
    gone = writer.rng.choice(("localization", "visual", "visual", "knowledge", "knowledge", "conclusion"))
    if gone != "visual" and writer.rng.random() < 0.6:
        extra = writer.describe(list(observations(case, writer.rng, sketch.asides)))
        draft = draft.having(visual=draft["visual"] + extra[:2])
    return replace(draft, stages=tuple(stage for stage in draft.stages if stage[0] != gone))


def repeated_stage(case: Case, sketch: Sketch, draft: Draft, writer: Writer) -> Draft | None:
    """A stage twice in a row, or a stage's text in another's place."""
    names = [name for name, _ in draft.stages]
    if writer.rng.random() < 0.4:
        at = writer.rng.randrange(len(names))
        return replace(draft, stages=draft.stages[: at + 1] + draft.stages[at:])
    while {source := writer.rng.choice(names), target := writer.rng.choice(names)} in _ALIKE or source == target:
        pass
    return draft.having(**{target: draft[source]})


_ALIKE: Final = ({"visual", "conclusion"},)
"""stages that may say the same in the same words, and be sound"""


def _donor(case: Case, sketch: Sketch, other: Fact, rng: Random) -> Sketch:
    """The sketch of another case about a stranger, with as many asides."""
    touched = {fact.entity for claim in (case.gold, *case.rivals) for fact in claim.facts} | {sketch.against}
    kept = tuple(fact for fact in sketch.asides if fact.entity not in touched)
    missing = len(sketch.asides) - len(kept)
    new = observations(case, rng, (*kept, other))[:missing] if missing else ()
    verdict = sketch.claim.verdict
    claim = Claim((other,), verdict, "", sided=sketch.claim.sided and other.side is not None)
    return Sketch(claim, kept + new, sketch.against)


CORRUPT: Final[Mapping[Corruption, Corrupt]] = {
    "stage_swap": stage_swap,
    "side_flip": side_flip,
    "negation_flip": negation_flip,
    "conclusion_conflict": conclusion_conflict,
    "knowledge_mismatch": knowledge_mismatch,
    "skipped_stage": skipped_stage,
    "repeated_stage": repeated_stage,
    "wrong_answer": wrong_answer,
    "unsupported_leap": unsupported_leap,
}
NEED_MARKS: Final = frozenset({"skipped_stage", "repeated_stage"})
"""kinds that only marked stages can have"""
