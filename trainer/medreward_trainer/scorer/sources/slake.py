"""SLAKE: questions on chest, abdomen, head, neck and pelvis images, with real boxes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from ..examples import Contrast
from ..grammar import Case, contrast
from ..grammar.asking import Options, among, is_there, is_wrong, placed, strangers, turned, where, which, with_options
from ..grammar.lexicon import entities, named, tagged
from ..grammar.regions import Box
from .files import read_rows, read_whole

FOLDER: Final = "slake"
CAP: Final = 40
"""at most this many contrasts a question and answer"""
_FILES: Final = ("train.json.gz", "validate.json.gz")
_BOXES: Final = "detection_all.jsonl"
_DOMAINS: Final[Mapping[str, str]] = {
    "Lung": "chest",
    "Chest_lung": "chest",
    "Chest_heart": "chest",
    "Chest_mediastinal": "chest",
    "Abdomen": "abdomen",
    "Pelvic Cavity": "pelvis",
    "Neck": "neck",
    "Brain": "head",
    "Brain_Tissue": "head",
    "Brain_Face": "head",
}
_THING = r"(?:the )?(?P<what>[a-z -]+?)"
_CONTAIN: Final = (
    re.compile(rf"Does the (?:picture|image) contain {_THING}\?", re.I),
    re.compile(rf"Does {_THING} (?:exist|appear) in (?:this|the) (?:picture|image)\?", re.I),
    re.compile(rf"Can {_THING} be observed (?:on|in) (?:the )?(?P<place>[a-z ]+) in this (?:picture|image)\?", re.I),
    re.compile(rf"Is there (?:an? )?{_THING} in (?:this|the) (?:picture|image)\?", re.I),
)
_HEALTHY: Final = re.compile(
    r"(?:Is|Does) (?:the |this )?(?P<scope>[a-z ]+?) (?:looks? )?"
    r"(?P<word>healthy|unhealthy|normal|abnormal)(?: appearing)?\?",
    re.I,
)
_ANY: Final = re.compile(r"Are there (?:any )?abnormalities in this (?P<scope>image|picture)\?", re.I)
_SIDE: Final = re.compile(r"\b(left|right)\b", re.I)
_SYSTEM: Final = re.compile(r"\b(\w+ (?:system|organs))\b", re.I)


def load(data: Path, seed: int, limit: int | None = None) -> list[Contrast]:
    """Contrasts around the English questions that the grammar has words for.

    The answer that a trajectory argues for is drawn evenly among a question's answers wherever any of them could be
    true (see :func:`~medreward_trainer.scorer.grammar.asking.turned`); what only knowledge decides keeps its own.

    Args:
        data: the data root.
        seed: the only source of chance.
        limit: at most this many, the same ones for the same seed.

    Raises:
        DataError: when a file is missing.
    """
    rows: list[dict[str, Any]] = []
    for name in _FILES:
        rows += [row for row in read_whole(data / FOLDER / name, list[dict[str, Any]]) if row["q_lang"] == "en"]
    boxes = _boxes(data / FOLDER / _BOXES)
    Random(f"{seed}/slake").shuffle(rows)
    counts: Counter[str] = Counter()
    cases: list[tuple[Case, str, Random]] = []
    for row in rows:
        if limit is not None and len(cases) >= limit:
            break
        rng = Random(f"{seed}/slake/{row['qid']}")
        key = f"{row['question']}/{row['answer']}"
        case = _case(row, rng) if counts[key] < CAP else None
        if case is not None:
            counts[key] += 1
            image = row["img_name"].split("/")[0]
            cases.append((msgspec.structs.replace(case, boxes=boxes.get(image, ())), image, rng))
    peers = among(case for case, _, _ in cases)
    return [contrast(msgspec.structs.replace(case, peers=peers), "slake", image, rng) for case, image, rng in cases]


def _boxes(path: Path) -> Mapping[str, tuple[tuple[str, Box], ...]]:
    """Known boxes by image, on the 0-1000 grid, y first."""
    found: dict[str, tuple[tuple[str, Box], ...]] = {}
    for row in read_rows(path, dict[str, Any]):
        wide, high = 1000 / row["width"], 1000 / row["height"]
        known: list[tuple[str, Box]] = []
        for box in row["boxes"]:
            x1, y1, x2, y2 = box["xyxy"]
            grid = (round(y1 * high), round(x1 * wide), round(y2 * high), round(x2 * wide))
            known += [(key, grid) for key in named(box["label"])]
        found[row["img"]] = tuple(known)
    return found


def _case(row: Mapping[str, Any], rng: Random) -> Case | None:
    question, answer, domain = row["question"].strip(), row["answer"].strip(), _DOMAINS[row["location"]]
    if answer in ("Yes", "No"):
        return _closed(question, answer == "Yes", domain, rng)
    if case := _place(question, answer, domain, rng):
        return case
    keys = named(answer)
    if not keys:
        return None
    system = _SYSTEM.search(question)
    kinds = [key for key in keys if entities()[key].sort == "kind"]
    organs = [key for key in keys if entities()[key].sort == "organ"]
    organ_asked = "organ" in question.lower() and "system" not in question.lower().replace("organ system", "")
    key = next(iter([*organs, *kinds, *keys] if organ_asked or system else [*kinds, *organs, *keys]))
    entity = entities()[key]
    if entity.sort == "kind":
        others = tagged("modality" if "modality" in entity.tags else "region")
    elif entity.sort == "organ":
        fixed = system is not None and tagged(system[1].lower())
        others = tuple(
            each for each, one in entities().items() if one.sort == "organ" and not (fixed and each in fixed)
        )
    else:
        others = tuple(each for each in tagged(domain) if entities()[each].sort == "finding")
    case = which(question, key, strangers(key, others, rng.choice((1, 2, 2, 3)), rng), domain, rng)
    if not case.rivals:
        return None
    options: Options = rng.choice(("none", "plain", "letters", "letters"))
    return with_options(case if system is not None and entity.sort == "organ" else turned(case, rng), options, rng)


def _place(question: str, answer: str, domain: str, rng: Random) -> Case | None:
    """Where a finding is, when the answer names a side."""
    side = _SIDE.search(answer)
    if side is None or not question.lower().startswith(
        ("where", "what part", "which part", "which lobe", "which side")
    ):
        return None
    text = question.lower()
    keys = [
        key for key in tagged(domain) if entities()[key].paired and {w.lower() for w in _words(key)} & {*_grams(text)}
    ]
    if not keys:
        return None
    places = placed(rng.choice(keys))
    case = where(question, places[0][0], places[0][1], places[1:], domain)
    options: Options = rng.choice(("none", "plain", "letters"))
    return with_options(turned(case, rng), options, rng)


def _words(key: str) -> set[str]:
    return {entities()[key].name, *entities()[key].also}


def _grams(text: str) -> list[str]:
    words = re.findall(r"[a-z-]+", text)
    return [*words, *(" ".join(pair) for pair in pairwise(words))]


def _closed(question: str, yes: bool, domain: str, rng: Random) -> Case | None:
    asked = next((found for form in _CONTAIN if (found := form.fullmatch(question))), None)
    if asked is not None:
        keys = sorted(named(asked["what"]), key=lambda key: ("organ", "finding", "kind").index(entities()[key].sort))
        if not keys or entities()[keys[0]].sort == "kind":
            return None
        side = _SIDE.search(question)
        place: Any = side[1].lower() if side is not None else None
        upper = "upper" in question.lower()
        area = next((n for n, names in enumerate(entities()[keys[0]].areas) if ("upper" in names[0]) == upper), None)
        return turned(is_there(question, keys[0], yes, domain, rng, side=place, area=area), rng)
    healthy, some = _HEALTHY.fullmatch(question), _ANY.fullmatch(question)
    if healthy is not None:
        scope, inverted = healthy["scope"].lower(), healthy["word"].lower() in ("healthy", "normal")
    elif some is not None:
        scope, inverted = some["scope"].lower(), False
    else:
        return None
    whole = scope in ("image", "picture")
    members = [key for key in tagged(domain if whole else scope) if entities()[key].sort == "finding"]
    members = [key for key in members if domain in entities()[key].tags]
    if not members:
        return None
    words = ("No", "Yes") if inverted else ("Yes", "No")
    return turned(is_wrong(question, scope, members, yes != inverted, domain, rng, words=words), rng)
