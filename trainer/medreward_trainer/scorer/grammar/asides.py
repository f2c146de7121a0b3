"""Observations beside the question: what else an image may show without a bearing on the answer."""

from __future__ import annotations

from random import Random
from typing import Final

from msgspec.structs import replace

from .lexicon import entities, related, tagged
from .sketch import Case, Claim, Fact, Side, Sketch

GENERAL: Final = frozenset({"chest", "abdomen", "head", "neck", "pelvis", "diseases", "signs", "body_regions"})
"""tags that put no two entities close to each other"""


def _kin(*claims: Claim) -> frozenset[str]:
    """Entities that bear on claims: those they name, and their kin."""
    return frozenset(key for claim in claims for fact in claim.facts for key in related(fact.entity))


def _scoped(claim: Claim) -> frozenset[str]:
    """Entities whose presence would decide a question about a part of the body."""
    if claim.scope is None:
        return frozenset()
    inside = tagged(claim.scope)
    return frozenset(inside) if inside else frozenset(entities())


def any_fact(key: str, present: bool, rng: Random) -> Fact:
    """A fact of an entity with a side and an area by chance."""
    entity = entities()[key]
    sided = entity.paired and (present or rng.random() < 0.5)
    placed = sided or not entity.paired
    sides: tuple[Side, ...] = ("left", "right")
    side = rng.choice(sides) if sided else None
    return Fact(key, present, side, rng.randrange(len(entity.areas)) if placed else 0)


def _fitting(case: Case) -> tuple[str, ...]:
    """What can be said beside the question: findings beside findings, organs beside organs.

    A missing heart beside an enlarged one would contradict; beside the kind of image nothing is neutral.
    """
    main = entities()[case.gold.facts[0].entity]
    if main.sort == "kind":
        return ()
    return tuple(key for key in tagged(case.domain) if entities()[key].sort == main.sort)


def observations(case: Case, rng: Random, taken: tuple[Fact, ...] = ()) -> tuple[Fact, ...]:
    """One to three observations that bear neither on an answer nor on each other nor on those taken."""
    banned = _kin(case.gold, *case.rivals) | {key for fact in taken for key in related(fact.entity)}
    scoped, chosen = _scoped(case.gold), list[Fact]()
    keys = [key for key in _fitting(case) if key not in banned]
    wanted = rng.choice((1, 2, 2, 3))
    for key in rng.sample(keys, len(keys)):
        if len(chosen) == wanted:
            break
        if not any(key in related(fact.entity) for fact in chosen):
            chosen.append(any_fact(key, key not in scoped and rng.random() < 0.45, rng))
    return tuple(chosen)


def stranger(case: Case, sketch: Sketch, rng: Random, strict: bool = False, inside: bool = False) -> Fact | None:
    """A fact about something else of the same sort, present or absent as the sketch's own.

    Args:
        case: where it must be a stranger.
        sketch: neither its claim nor its asides nor, for a part of the body, anything in that part may be the stranger.
        rng: the only source of chance.
        strict: nor what another answer names.
        inside: it may lie in that part after all: knowledge of it decides nothing.

    Returns:
        ``None`` when everything would bear on the answer.
    """
    main = sketch.main
    sort = entities()[main.entity].sort
    banned = _kin(sketch.claim) | {key for f in sketch.asides for key in related(f.entity)}
    if not inside:
        banned |= _scoped(sketch.claim)
    if strict:
        banned |= _kin(case.gold, *case.rivals)
    peers = {key: count for key, count in case.peers if key not in banned and entities()[key].sort == sort}
    close = set(entities()[main.entity].tags) - GENERAL
    hard = {key: count for key, count in peers.items() if close.intersection(entities()[key].tags)}
    if hard and rng.random() < 0.35:
        peers = hard
    if peers and rng.random() < 0.92:
        return _alike(any_fact(rng.choices(list(peers), list(peers.values()))[0], main.present, rng), main)
    free = [key for key, entity in entities().items() if key not in banned and entity.sort == sort]
    near = [key for key in free if case.domain in entities()[key].tags]
    if not free:
        return None
    return _alike(any_fact(rng.choice(near or free), main.present, rng), main)


def _alike(fact: Fact, main: Fact) -> Fact:
    """An absence without a side where the sketch's own has none: a side would tell the stranger."""
    return fact if main.present or main.side is not None else replace(fact, side=None)
