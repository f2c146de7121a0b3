"""Puts a sketch into words, stage by stage; a stage can be written of another sketch than its neighbours."""

from __future__ import annotations

import re
from random import Random
from typing import Final, Literal

import msgspec

from ..examples import Split
from .lexicon import Entity, entities
from .phrasing import frames, pick
from .regions import Reach, place_of, region_of
from .sketch import Fact, Sketch

Form = Literal["lvkc", "think"]
NAMED: Final = 0.55
"""the share of observations that name what is seen, as models do; the others only describe it"""
USUAL: Final = 0.5
"""the share of names that are the usual one"""
STAGES: Final = ("localization", "visual", "knowledge", "conclusion")
_ARTICLE: Final = re.compile(r"\b(?:the|a|an) ", re.IGNORECASE)
_EXISTS: Final = re.compile(r"^(?:There is|There are|One sees) ", re.IGNORECASE)


class Draft(msgspec.Struct, frozen=True):
    """Stages in order, each a list of sentences whose order does not matter, and the answer."""

    stages: tuple[tuple[str, tuple[str, ...]], ...]
    answer: str

    def __getitem__(self, name: str) -> tuple[str, ...]:
        """The sentences of the first stage of that name."""
        return next(sentences for stage, sentences in self.stages if stage == name)

    def having(self, **stages: tuple[str, ...]) -> Draft:
        """The same with other sentences in some stages."""
        return msgspec.structs.replace(self, stages=tuple((name, stages.get(name, text)) for name, text in self.stages))


def upper(text: str) -> str:
    """With a capital at the beginning."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """Without a capital at the beginning, unless the first word is all capitals or a letter that must stay."""
    return text if re.match(r"[A-Z](?:[A-Z]|-|\d)", text) else text[:1].lower() + text[1:]


class Style(msgspec.Struct, frozen=True):
    """How a whole contrast is written: all its trajectories alike, so that a stage written anew does not stand out."""

    form: Form
    terse: bool = False
    """telegraphic: without articles"""
    brief: bool = False
    """with fewer remarks that could be left out"""
    bare: bool = False
    """one sentence a stage, each with the usual name: the shortest form, from which training starts"""


class Writer:
    """Writes with the phrases of one split, in one style, with one source of chance."""

    def __init__(self, split: Split, style: Style, rng: Random) -> None:
        self.split = split
        self.rng = rng
        self.form = style.form
        self.terse = style.terse
        self.brief = style.brief
        self.bare = style.bare

    def draft(self, sketch: Sketch, reach: Reach = "near") -> Draft:
        """All four stages of one sketch, and its answer."""
        return Draft(
            (
                ("localization", self.localize(sketch, reach)),
                ("visual", self.see(sketch)),
                ("knowledge", self.know(sketch)),
                ("conclusion", self.conclude(sketch)),
            ),
            sketch.claim.answer,
        )

    def stages(self, draft: Draft) -> tuple[tuple[str, str], ...]:
        """The stages as a scorer is asked about them: marked, or all in one flowing think."""
        if self.form == "lvkc":
            return tuple((name, " ".join(sentences)) for name, sentences in draft.stages)
        flow = []
        for name, sentences in draft.stages:
            text = " ".join(sentences)
            lead = self._frame(f"think_{name}") if f"think_{name}" in frames() else ""
            flow.append(f"{lead} {lower(text)}" if lead else text)
        return (("think", " ".join(flow)),)

    def localize(self, sketch: Sketch, reach: Reach = "near", exact: bool = False) -> tuple[str, ...]:
        """Where to look: the claim's site, sometimes that of an aside; if exact, never a whole part of the body."""
        sites = [sketch.main]
        if not sketch.main.placed and reach == "near":
            sites = [msgspec.structs.replace(sketch.main, side=side) for side in ("left", "right")]
        sites += [fact for fact in sketch.asides if self._has_site(fact) and self._chance(0.15)][:1]
        said = []
        for number, fact in enumerate(sites):
            place = place_of(fact, self.rng, reach if number == 0 else "near")
            if sketch.claim.scope is not None and number == 0 and not exact and self._chance(0.4):
                place = sketch.claim.scope
            if self.form == "think":
                frame = self._frame("think_look" if number == 0 else "localize_more")
                region = ""
            else:
                frame = self._frame("localize" if number == 0 else "localize_more")
                region = region_of(fact, place, self.rng, dict(sketch.boxes), reach)
            if re.search(r"\{place\}[^.]*\b(?:is|has|counts|serves)\b", frame) and place.rstrip("s") != place:
                place = f"area of the {place}"
            text = frame.replace("{place}", place).replace("{Place}", upper(place)).replace("{region}", region)
            text = re.sub(r"\b[Tt]he both\b", lambda found: "Both" if found[0][0] == "T" else "both", text)
            said.append(re.sub(r"\s+([.,:])", r"\1", re.sub(r"\s+", " ", text)).strip())
        return self._finish(said)

    def see(self, sketch: Sketch) -> tuple[str, ...]:
        """What is seen: the claim's facts and the asides, the decisive ones not always first."""
        facts = list(sketch.claim.facts) + list(sketch.asides)
        if self._chance(0.5):
            self.rng.shuffle(facts)
        return self.describe(facts)

    def describe(self, facts: list[Fact]) -> tuple[str, ...]:
        """One sentence a fact."""
        said = []
        for number, fact in enumerate(facts):
            sentence = self.sentence(fact)
            said.append(self._framed("see" if number == 0 else "see_more", sentence))
        return self._finish(said)

    def sentence(self, fact: Fact) -> str:
        """A fact as a sentence."""
        entity = entities()[fact.entity]
        if self.bare or self.rng.random() < NAMED:
            return self._fill(
                self._frame(f"{entity.sort}_{'seen' if fact.present else 'unseen'}"), entity, fact, entity
            )
        phrases = entity.present if fact.present else entity.clear if entity.paired and fact.side else entity.absent
        text = pick(phrases, self.split, self.rng)
        if "{" in text:
            text = text.replace("{side}", fact.side or "").replace("{site}", place_of(fact, self.rng, "near"))
        return upper(text)

    def know(self, sketch: Sketch) -> tuple[str, ...]:
        """What is known of the claim's entity, sometimes beside that of the one it is weighed against."""
        entity = entities()[sketch.main.entity]
        if self.bare:
            return self._finish([self.sign("know_sign", entity, entity)])
        said = [self._framed("know", self._known(entity))]
        if self._chance(0.55):
            said.append(self.sign("know_sign", entity, entity))
        if self._chance(0.35):
            said = said[-1:]
        if sketch.against is not None and self._chance(0.3):
            rival = entities()[sketch.against]
            said.append(self.sign("know_other", rival, rival))
        return self._finish(said)

    def _known(self, entity: Entity) -> str:
        """A sentence of general knowledge; an "it" at its beginning gives way to the name."""
        text = pick(entity.knows, self.split, self.rng)
        return f"{upper(entity.names[0])}{text[2:]}" if text.startswith("It ") else text

    def crossed(self, one: Entity, two: Entity) -> tuple[str, ...]:
        """Signs ascribed the wrong way round: false, in the words that true knowledge of the two would use."""
        said = [self._framed("know", self._known(one))] if self._chance(0.6) else []
        said.append(self.sign("know_sign", one, two))
        if self._chance(0.5):
            said.append(self.sign("know_other", two, one))
        return self._finish(said)

    def sign(self, kind: str, of: Entity, cue_of: Entity) -> str:
        """A sentence that ascribes a sign to an entity; true when both are the same entity."""
        return self._fill(self._frame(kind), of, None, cue_of)

    def conclude(self, sketch: Sketch) -> tuple[str, ...]:
        """What follows."""
        claim, fact = sketch.claim, sketch.main
        entity = entities()[fact.entity]
        said: list[str] = []
        verdict = self._fill(self._frame(f"{entity.sort}_{claim.verdict}"), entity, fact, entity)
        if claim.sided:
            while "{where}" not in (frame := self._frame(f"{entity.sort}_{claim.verdict}")):
                pass
            verdict = self._fill(frame, entity, fact, entity)
        if claim.scope is None or self.bare:
            said.append(verdict)
        else:
            if self._chance(0.5):
                said.append(verdict)
            said.append(self._frame(f"group_{claim.verdict}").replace("{scope}", claim.scope))
        if sketch.against is not None and claim.verdict == "yes" and self._chance(0.5):
            said.append(self._about("reject", Fact(sketch.against, False)))
        shown = [aside for aside in sketch.asides if aside.present and entities()[aside.entity].sort == "finding"]
        if shown and self._chance(0.4):
            said.append(self._about("admit", shown[0]))
        return self._finish(said)

    def _about(self, kind: str, fact: Fact) -> str:
        frame = self._frame(kind).replace("{rival}", "{name}").replace("{Rival}", "{Name}")
        return self._fill(frame, entities()[fact.entity], fact, entities()[fact.entity])

    def _fill(self, frame: str, entity: Entity, fact: Fact | None, cue_of: Entity) -> str:
        name = entity.names[0] if self.bare or self.rng.random() < USUAL else self.rng.choice(entity.names)
        cue = pick(cue_of.cues, self.split, self.rng)
        where = ""
        if fact is not None and fact.side is not None:
            where = f" on the {fact.side}"
            if len(entity.areas) > 1 or self._chance(0.3):
                where = f" in the {place_of(fact, self.rng, 'near')}"
        words = {"name": name, "Name": upper(name), "bare": re.sub(r"^(?:a|an|the) ", "", name), "where": where}
        words |= {"cue": cue, "Cue": upper(cue)}
        return re.sub(r"\{(\w+)\}", lambda slot: words[slot.group(1)], frame)

    def _frame(self, kind: str) -> str:
        return pick(frames()[kind], self.split, self.rng)

    def _framed(self, kind: str, sentence: str) -> str:
        if self.bare:
            return sentence
        return self._frame(kind).replace("{s}", sentence).replace("{s_low}", lower(sentence))

    @staticmethod
    def _has_site(fact: Fact) -> bool:
        return fact.placed and entities()[fact.entity].sort != "kind"

    def _chance(self, likelihood: float) -> bool:
        return self.rng.random() < likelihood * (0.0 if self.bare else 0.5 if self.brief else 1.0)

    def _finish(self, sentences: list[str]) -> tuple[str, ...]:
        if not self.terse:
            return tuple(sentences)
        return tuple(upper(_ARTICLE.sub("", _EXISTS.sub("", text))) if "{" not in text else text for text in sentences)
