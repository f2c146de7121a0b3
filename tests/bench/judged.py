"""What the judge's benchmark judges: open questions on chest films, eight answers each, as a policy repeats itself."""

from __future__ import annotations

from medreward.judge import JudgeAsk

TYPICAL_REPLY = (
    '{"assistant1": 9, "assistant2": 4, "reason": "Assistant 1 names the finding and its side and fits the caption. '
    "Assistant 2 names the right organ, but the wrong side and a finding that the caption does not mention, so it is "
    'less accurate and less relevant."}'
)
"""a full reply as the paper's prompt asks for, of usual length: both scores and two sentences"""

_FINDINGS = [
    "pleural effusion",
    "pneumothorax",
    "lower lobe consolidation",
    "apical opacity",
    "hilar enlargement",
    "basal atelectasis",
    "rib fracture",
    "interstitial oedema",
]
_PLACES = ["left lung", "right lung", "lower zones", "cardiac silhouette", "mediastinum", "costophrenic angles"]
_CONTEXT = (
    "Chest radiograph, posteroanterior view. There is a {finding} in the {place}. The heart is of normal size and the "
    "mediastinal contours are unremarkable. No acute bony abnormality is seen."
)
# of eight rollouts of a prompt, which of the answers below each one gives: five different ones, one of them in the
# reference's own words
_GIVES = (0, 0, 0, 1, 1, 2, 3, 4)


def asks(groups: int, salt: str) -> list[JudgeAsk]:
    """Eight for each of ``groups`` questions; another ``salt`` makes every question another."""
    wanted = []
    for group in range(groups):
        finding, place = _FINDINGS[group % len(_FINDINGS)], _PLACES[group // len(_FINDINGS) % len(_PLACES)]
        other = _FINDINGS[(group + 3) % len(_FINDINGS)]
        answers = [
            f"There is a {finding} in the {place}.",
            f"The film shows a {finding}.",
            f"A {other} in the {place}.",
            f"There is no {finding}; the {place} is clear.",
            f"{finding} of the {place}.",
        ]
        question = f"Study {salt}-{group}: what is the main abnormality, and where is it?"
        context = _CONTEXT.format(finding=finding, place=place)
        reference = f"{finding} of the {place}"
        wanted += [JudgeAsk(question, context, reference, answers[which]) for which in _GIVES]
    return wanted
