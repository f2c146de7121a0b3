"""Which rubric is meant: of a request, and of the settings for the semantics reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medreward.contract.errors import ErrorCode, RequestError
from medreward.judge.rubrics import Rubric
from medreward.judge.settings import JudgeSettings

ASKED = ("question", "context", "reference", "candidate")
"""fields that a rollout has for the rubric of the semantics reward"""


def semantics_rubric(rubrics: Mapping[str, Rubric], settings: JudgeSettings) -> Rubric:
    """The rubric that decides the semantics reward.

    Raises:
        ValueError: the one that the settings name is not there, or cannot be it.
    """
    fitting = sorted(
        name
        for name, rubric in rubrics.items()
        if rubric.swap == ("reference", "candidate")
        and all(field in ASKED or not spec.required for field, spec in rubric.fields.items())
    )
    if settings.semantics_rubric not in fitting:
        raise ValueError(
            f"judge.semantics_rubric: {settings.semantics_rubric!r} does not compare reference and candidate by what a "
            f"rollout has ({', '.join(ASKED)}); of {', '.join(fitting)}"
        )
    return rubrics[settings.semantics_rubric]


def find_rubric(rubrics: Mapping[str, Rubric], name: str, items: Sequence[Mapping[str, str]]) -> Rubric:
    """The rubric of that name, if it has all the fields that the items give.

    Raises:
        RequestError: ``not_found`` (no such rubric) or ``invalid`` (a field that the rubric does not have).
    """
    rubric = rubrics.get(name)
    if rubric is None:
        known = ", ".join(sorted(rubrics))
        raise RequestError(ErrorCode.NOT_FOUND, f"unknown rubric {name[:80]!r}, there are {known}")
    for index, fields in enumerate(items):
        for field in fields:
            if field not in rubric.fields:
                path = f"items[{index}].fields.{field[:80]}"
                raise RequestError.at(
                    ErrorCode.INVALID, path, f"unknown field, the rubric {name} has {', '.join(rubric.fields)}"
                )
    return rubric
