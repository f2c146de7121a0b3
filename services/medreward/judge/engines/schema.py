"""A rubric's reply as a JSON schema, for endpoints that take no regular expression."""

from __future__ import annotations

from typing import Any

from medreward.judge.prompt import REASON, VERDICT
from medreward.judge.rubrics import Rubric


def response_format(rubric: Rubric) -> dict[str, Any]:
    """OpenAI's ``response_format``: the scores with their range or the letter, then the reason, and nothing else.

    It does not limit the reason's length, which strict mode has no word for; ``max_tokens`` does.
    """
    properties: dict[str, Any]
    if rubric.scores:
        properties = {
            name: {"type": "integer", "minimum": low, "maximum": high} for name, (low, high) in rubric.scores.items()
        }
    else:
        properties = {VERDICT: {"type": "string", "enum": list(rubric.options)}}
    properties[REASON] = {"type": "string"}
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": rubric.name, "strict": True, "schema": schema}}
