"""Words that steer a statement: they deny, doubt, join or end it, and are no content themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from .text import Token

Sign = Literal["not", "absent", "seen", "hedge", "or", "and", "stop", "link", "tail", "skip"]
"""``not`` denies what follows, ``absent`` what stands before, ``seen`` says that what stands before is there;
``tail``: what follows is circumstance, not the matter itself"""

_WORDS: dict[Sign, str] = {
    "not": """
        no | not | without | w/o | never | neither | nor | none | isn't | aren't | wasn't | weren't | doesn't |
        don't | didn't | hasn't | haven't | hadn't | won't | cannot | can't | couldn't | wouldn't | lack |
        lacks | lacking | lack of | free of | clear of | free from | devoid of | negative for | denies |
        denied | deny | rules out | ruling out | excludes | excluding | rather than | instead of |
        as opposed to | absence of | no evidence of | no sign of | no signs of | no longer | fails to |
        failed to | unlikely to be | there is no | nothing | no such | other than | zero |
        everything except | anything but | anything except |
        everything but | all except | all but | contrary to | unlike |
        wrong to | incorrect to | false to | mistaken to |
        not to be confused with | distinct from | no convincing | no definite |
        argue against | argues against | arguing against | evidence against | speaks against | speak against | hardly |
        scarcely | exclude | isnt | arent |
        doesnt | wasnt | cant | dont | not any | opposite of""",
    "absent": """
        absent | not seen | not present | not identified | not visible | not visualized | not visualised |
        not evident | not noted | not detected | not demonstrated | not appreciated | not found | not observed |
        not shown | not apparent | excluded | ruled out | negative | unlikely | is out | missing | nonexistent |
        not there | not the case | not the answer | not correct | is false | is wrong | incorrect |
        is not true | isn't present | isn't seen | isn't there | has resolved | resolved | never seen |
        never present | is the wrong answer | is a wrong answer | is not right | is not what | is mistaken |
        less likely |
        not likely | improbable | implausible | doubtful | rejected | was rejected | discarded |
        dismissed | has cleared | have cleared | not confirmed | unconfirmed | has healed | is incorrect |
        was wrong | was excluded | is excluded | is a mistake | never occurred | never happened |
        did not occur | least likely | would be wrong | would be incorrect | would be false | would be a mistake |
        turned out to be wrong | turned out to be false | turned out wrong | proved wrong | to be wrong | is untrue""",
    "seen": """
        is present | are present | is seen | are seen | is visible | are visible | is noted | are noted |
        is identified | are identified | is there | are there | was seen | were seen | is evident | was found |
        were found | was present | were present | present | seen | visible | identified | there is | there are""",
    "hedge": """
        possibly | maybe | perhaps | might | may be | could be | might be | may represent | could represent |
        may have | might have | uncertain | unclear | not sure | unsure | not certain | possible | hard to say |
        hard to tell | cannot exclude | cannot rule out | cannot be excluded | cannot be ruled out |
        can't exclude | can't rule out | can't be excluded | not excluded | not ruled out | question of |
        conceivably | rule out | equivocal | indeterminate | i guess | questionable | potentially |
        not entirely sure | differential includes | differential diagnosis includes | differentials include |
        may also be | possibility | initially thought | first thought | originally thought | previously thought |
        was thought | was suspected | initially suspected | mimics | mimic | mimicked |
        simulates | resembles | resembling | masquerading | masquerades | one might think | would have thought |
        i doubt it | i doubt | suspected but | history of | treated for | if there were | if it were | if this were |
        would show | would demonstrate | would appear | would look""",
    "or": """
        or | versus | vs | and/or | alternatively | otherwise""",
    "and": """
        and | as well as | plus | along with | & | together with""",
    "stop": """
        but | however | although | though | whereas | while | except | yet | instead | because | since |
        therefore | which | who | that | until | till | unless""",
    "link": """
        is | are | was | were | be | been | being | has | have | had | shows | show | showed | reveals |
        revealed | demonstrates | demonstrated | indicates | suggests | represents | appears | seems | looks |
        means | involves | includes | contains | affects | located | lies | sits | there""",
    "tail": """
        due to | secondary to | caused by | complicated by | mimicking | associated with | in setting of |
        related to | resulting from | as result of | presenting with | presenting as""",
    "skip": """
        size | sized | not only | no doubt | no question | not just | without doubt | without a doubt | likely |
        probably | most likely | suggestive of | suggesting | consistent with | compatible with | may | answer |
        correct | image | picture | scan | patient | patients | patient's | finding | findings | noted | shown |
        found | evidence | diagnosis | study | case | indicate | represent | suggest | appear | also |
        known as | called | named | referred | commonly | generally | typically | usually | very | quite |
        somewhat | rather | so | than | then | such | can | will | would | should | shall | may | what | when |
        where | why | how | whom | whose | one of | some | any | all | each | every | i | think | believe |
        say | final | following | given | question | provided | about | approximately | around | roughly |
        over | under | up | out | off | it's | that's | there's | he's | she's | per | its | us | them | me |
        my | not necessarily | based | according | first of all | additionally | furthermore | moreover |
        overall | presence of | presence | sure | clear evidence | clearly | definitely | certainly | yes |
        observed | noted in | by | more | most | during | between | among | through | within | near | via |
        against | off | if | just | only | another | other | s |
        later | subsequently | initially | eventually | safely""",
}
SINGLE: dict[str, Sign] = {}
"""words that steer by themselves"""
PHRASES: dict[str, list[tuple[tuple[str, ...], Sign]]] = {}
"""longer ones by their first word, longest first"""

for _sign, _listed in _WORDS.items():
    for _form in filter(None, (" ".join(part.split()) for part in _listed.split("|"))):
        _words = tuple(_form.split())
        if len(_words) == 1:
            SINGLE.setdefault(_form, _sign)
        else:
            PHRASES.setdefault(_words[0], []).append((_words, _sign))
for _rows in PHRASES.values():
    _rows.sort(key=lambda row: -len(row[0]))

SUBJECTS = frozenset(
    ["there", "it", "the", "they", "he", "she", "this", "that", "these", "those", "i", "we", "a", "an"]
)
NOT_A_SIDE_AFTER = frozenset(
    [
        "to",
        "the",
        "his",
        "her",
        "their",
        "him",
        "them",
        "a",
        "an",
        "in",
        "for",
        "behind",
        "over",
        "out",
        "off",
        "it",
        "office",
        "answer",
        "now",
        "away",
        "school",
        "home",
        "and",
        "by",
        "after",
        "politics",
        "before",
        "when",
        "at",
        "from",
        "with",
        "as",
    ]
)

_PRONOUNS = frozenset(("that", "this", "it", "which", "these", "they"))
_AUXILIARIES = frozenset(("is", "are", "was", "were", "has", "have", "had", "been", "be"))
_ENDS = frozenset(".;?!\n")
_EARLIER = frozenset(("prior", "previous", "previously", "before", "earlier", "last", "old"))
_AHEAD = 8
_LAST = 3
"""words that a clause may have which only takes back the one before: "but rejected" """


def refers_back(words: Sequence[Token], at: int) -> bool:
    """ "..., but that is wrong", "... but rejected.": it speaks of the statement before."""
    if any(token.text in _EARLIER for token in words[at : at + _AHEAD]):
        return False  # "a mass, which was not seen before"
    before = [token.text for token in words[max(0, at - 4) : at]]
    while before and (before[-1] in _AUXILIARIES or SINGLE.get(before[-1]) == "skip"):
        before.pop()
    if before and before[-1] in _PRONOUNS:
        return True
    rest = [token.text for token in words[at : at + _LAST + 1]]
    return (
        bool(before)
        and (len(rest) <= _LAST or any(text in _ENDS for text in rest))
        and SINGLE.get(before[-1]) == "stop"
    )


def likelier(words: Sequence[Token], at: int) -> bool:
    """ "More likely edema than ...": what follows is the less likely."""
    return ("more", "likely") in pairwise(token.text for token in words[max(0, at - 7) : at])
