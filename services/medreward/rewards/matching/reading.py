"""Reading: the claims of an answer, in order, become the options it finally stands by, or the reason why none.

The last explicit statement ("the answer is", "B is correct", "therefore B") closes the deliberation before it: hedges,
evidence for other options and a repeated option list up to there are forgotten. What was flatly stated is not: two
different statements contradict each other, wherever they stand.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from .claims import Claim, Sign, claims_of
from .groups import join
from .mentions import Scan
from .options import Keys, Lexicon
from .text import clean, excerpt, normalize

_CLOSING = ("whole", "mark")
_SHORT = 256
"""characters of an answer worth remembering: the rollouts of a group often say the same"""
_HEADINGS = ("label", "listing", "text")
_NOBODY: Keys = frozenset()


class Reading(NamedTuple):
    """What an answer chooses."""

    chosen: Keys
    """every option it stands by; empty when ``flaw`` tells why there is none, or when nothing is asserted"""
    flaw: str = ""
    """"" for a clean reading; else empty, hedged, contradicted, retracted, rejected, foreign or nothing"""
    involved: Keys = _NOBODY
    """the options the flaw is about"""


def read(answer: str, lexicon: Lexicon) -> Reading:
    """Read any text; never raises. A letter or an option text by itself is looked up, anything longer is parsed."""
    bare = lexicon.bare.get(answer)
    if bare is not None:
        return Reading(bare)
    # what is remembered holds its lexicon; one of long choices is built anew for each request
    return (_read_short if lexicon.small and len(answer) <= _SHORT else _parse)(answer, lexicon)


def _parse(answer: str, lexicon: Lexicon) -> Reading:
    text = excerpt(answer)
    if not text.strip():
        return Reading(_NOBODY, "empty")
    scan = Scan(clean(text), lexicon)
    reading = Reading(_NOBODY, "nothing")
    if scan.found:
        codes, groups = join("".join(scan.codes), scan.found)
        reading = settle(claims_of(codes, groups, lexicon), lexicon)
    if not reading.chosen and len(text) <= lexicon.longest:
        # Spelled otherwise than its words are ("x ray" for "X-ray"), a text by itself is still the text.
        whole = lexicon.whole.get(normalize(text)) or lexicon.run_together(text.strip(" .\n"))
        return Reading(whole) if whole else reading
    return reading


_read_short = lru_cache(maxsize=4096)(_parse)


def settle(claims: list[Claim], lexicon: Lexicon) -> Reading:
    """Weigh the claims against each other."""
    if len(claims) == 1 and claims[0].sign == "+" and claims[0].keys <= lexicon.everything:
        return Reading(claims[0].keys)
    claims = _closed_deliberation(_ticked_off(claims), lexicon)
    asserted: set[str] = set()
    rejected: set[str] = set()
    opening: set[str] = set()
    wholes: list[Keys] = []
    flaw, doubted = "", _NOBODY
    previous = None
    for claim in claims:
        sign = claim.sign
        if sign == "+":
            # Taking back and saying the same again is a second look, not a change of mind.
            if flaw == "asked" or (flaw == "retracted" and claim.keys == asserted):
                flaw = ""
            asserted |= claim.keys
            if claim.kind == "whole":
                wholes.append(claim.keys)
            elif claim.kind != "weak" and not wholes:
                opening |= claim.keys
        elif sign == "-":
            rejected |= claim.keys
        elif sign == "?":
            flaw, doubted = "hedged", doubted | claim.keys
        elif sign == "q":
            if not flaw:
                flaw = "asked"
            doubted |= claim.keys
        elif not _harmless(claim, previous, asserted, lexicon):
            flaw = flaw if flaw == "hedged" else "retracted"
            doubted |= claim.keys
        if claim.keys:
            previous = claim
    chosen = frozenset(asserted)
    if flaw:
        return Reading(_NOBODY, "hedged" if flaw == "asked" else flaw, chosen | doubted)
    if not chosen <= lexicon.everything:
        return Reading(_NOBODY, "foreign", chosen - lexicon.everything)
    if not chosen:
        return Reading(_NOBODY, "rejected" if rejected else "nothing", frozenset(rejected))
    if chosen & rejected:
        return Reading(_NOBODY, "contradicted", chosen & rejected)
    # Whole answers agree with each other, with what was stated before them, and nothing is added after.
    if wholes and (len(set(wholes)) > 1 or chosen != wholes[0] or opening not in (set(), chosen)):
        return Reading(_NOBODY, "contradicted", chosen)
    return Reading(chosen)


def _ticked_off(claims: list[Claim]) -> list[Claim]:
    """Read "A: no": turned down where options are gone through or the answer is told after, else taken back."""
    if not any(claim.sign == "N" for claim in claims):
        return claims
    last = len(claims) - 1
    listed = sum(claim.kind in ("label", "listing") for claim in claims) > 1
    told = claims[last].sign == "+" and claims[last].kind in _CLOSING
    sign: Sign = "-" if listed or told else "!"
    return [claim._replace(sign=sign) if claim.sign == "N" else claim for claim in claims]


def _closed_deliberation(claims: list[Claim], lexicon: Lexicon) -> list[Claim]:
    """Drop what the last explicit statement has settled."""
    last = max((i for i, claim in enumerate(claims) if claim.sign == "+" and claim.kind in _CLOSING), default=-1)
    if last < 0:
        # Without one, a question still yields to the statement behind it.
        final = max((i for i, claim in enumerate(claims) if claim.sign == "+"), default=-1)
        return [claim for i, claim in enumerate(claims) if claim.sign != "q" or i > final]
    # Two options or more on the way are a walk through them, and its headings and rejections are part of it.
    headed = len({c.keys for c in claims[:last] if c.kind in _HEADINGS}) > 1
    walk = len({c.keys for c in claims[:last] if c.keys and (c.sign != "+" or c.kind not in ("whole", "state"))}) > 1
    walked = _walked(claims[last + 1 :], claims[last].keys, lexicon)
    kept = []
    for i, claim in enumerate(claims):
        settled = i < last and (
            claim.sign in "?q=wn!"
            or claim.kind == "weak"
            or (claim.kind in _HEADINGS and (headed or claim.sentence > 1))
            # "Of A and B, B is correct": the candidates, named in the sentence that decides between them.
            or (claim.kind == "label" and claim.sentence == claims[last].sentence and claim.keys > claims[last].keys)
            or (walk and claim.sign == "-")
            or (claim.keys == lexicon.everything and len(claim.keys) > 1)
        )
        if not settled and not (walked and i > last and claim.kind == "label" and claim.sign == "+"):
            kept.append(claim)
    return kept


def _walked(claims: list[Claim], chosen: Keys, lexicon: Lexicon) -> bool:
    """Whether an answer, once given, goes through all the options or all the others: labels head what it says of each.

    "The answer is B. Why not the others: A: no opacity. C: sharp angles." With one label it would be a second answer.
    """
    headings = [claim.keys for claim in claims if claim.kind == "label"]
    return len(headings) > 1 and chosen.union(*headings) == lexicon.everything


def _harmless(claim: Claim, previous: Claim | None, asserted: set[str], lexicon: Lexicon) -> bool:
    """Whether a remark leaves the claim before it standing."""
    if claim.sign == "=" or claim.sign == "n" or claim.sign == "w":
        denies_question = frozenset(asserted) == lexicon.no
        if not lexicon.closed:
            return claim.sign == "=" or (claim.sign == "n" and denies_question)
        if claim.sign == "=":
            return not denies_question
        # "No, it is not" and "no, that is wrong" go on saying no; "No. That is wrong." takes it back.
        return denies_question and (claim.sign == "n" or (previous is not None and previous.sentence == claim.sentence))
    return False
