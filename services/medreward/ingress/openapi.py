"""The OpenAPI document of the HTTP door, made from the contract's own types.

The bodies are decoded by msgspec, not by FastAPI, so the schema comes from msgspec too: it says what the decoder does.
The examples are rollouts that ship with the package; each works when pasted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import FastAPI

from medreward.config import RequestLimits
from medreward.contract import types as t
from medreward.examples import EXAMPLE_RECIPES, load_examples
from medreward.ingress.auth import OPEN_PATHS
from medreward.judge.desk import Desk
from medreward.scoring.pipeline import Pipeline
from medreward.scoring.recipes import MOST_WEIGHT

_REF = "#/components/schemas/{name}"


_JUDGE_EXAMPLE = {
    "explain": True,
    "deadline_ms": 10_000,
    "items": [
        {
            "id": "1",
            "fields": {
                "question": "What does the chest radiograph show?",
                "reference": "Right pleural effusion",
                "candidate": "There is fluid in the right pleural space.",
            },
        }
    ],
}


class FieldErrorBody(msgspec.Struct, frozen=True):
    """One field that is wrong."""

    path: str
    message: str


class ErrorBody(msgspec.Struct, frozen=True):
    """Why a request was refused."""

    code: str
    message: str
    fields: list[FieldErrorBody] = []


class ErrorReply(msgspec.Struct, frozen=True):
    """The body of every refusal."""

    error: ErrorBody


def describe(
    app: FastAPI, pipeline: Pipeline, desk: Desk, limits: RequestLimits, keyed: bool = False
) -> Callable[[], dict[str, Any]]:
    """What ``app.openapi`` must be: builds the document once, on the first call.

    Args:
        app: whose title and version it has.
        pipeline: whose recipes and rewards it names.
        desk: whose rubrics it names.
        limits: of a request.
        keyed: whether an API key is asked for.
    """
    document: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not document:
            document.update(_document(app, pipeline, desk, limits))
            if keyed:
                _say_keys(document)
        return document

    return openapi


def _document(app: FastAPI, pipeline: Pipeline, desk: Desk, limits: RequestLimits) -> dict[str, Any]:
    (score_in, rollout_in, score_out, judge_in, judge_out, error_out), schemas = msgspec.json.schema_components(
        (t.ScoreRequest, t.Rollout, t.ScoreResponse, t.JudgeRequest, t.JudgeResponse, ErrorReply), ref_template=_REF
    )
    _say_limits(schemas, pipeline, limits)
    _say_judge_limits(schemas, desk, limits)
    refusals = {
        "400": ("The body is not JSON", error_out),
        "413": ("Beyond a limit", error_out),
        "422": ("A field is unknown, of the wrong type, or names what does not exist", error_out),
        "429": ("Full; Retry-After says when to come back", {}),
        "500": ("A defect of the service", error_out),
        "504": ("The body did not arrive in time", error_out),
    }
    score = _operation(
        "score",
        "Score a batch of rollouts by a recipe",
        "Results come in the order of the rollouts. A component that could not be computed has a status, a detail and "
        "no value, and the reward is then absent: a failure is never a number. A rollout that makes no sense is "
        "`invalid_input` alone; a field that is unknown or of the wrong type refuses the whole request.",
        {"200": ("One result a rollout", score_out), **refusals},
        body=(score_in, {name: _score_example(name) for name in EXAMPLE_RECIPES}),
    )
    reward = _operation(
        "score_one",
        "Compute one component of one rollout, explained",
        "The reply is that of `/v1/score` with one result: the component with its evidence, and the response as it was "
        "understood.",
        {"200": ("One result", score_out), "404": ("There is no such reward", error_out), **refusals},
        body=(rollout_in, {"gemex": _example(msgspec.to_builtins(load_examples("gemex")[0]))}),
        parameters=[
            {
                "name": "name",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": sorted(pipeline.rewards)},
            }
        ],
    )
    judge = _operation(
        "judge",
        "Put texts to the judge under a rubric",
        "Verdicts come in the order of the items. One that could not be reached has a status, a detail and neither "
        "scores nor choice. `explain` asks for the judge's reason too.",
        {"200": ("One verdict an item", judge_out), "404": ("There is no such rubric", error_out), **refusals},
        body=(judge_in, {"semantics": _example(_JUDGE_EXAMPLE)}),
        parameters=[
            {
                "name": "rubric",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": sorted(desk.rubrics)},
            }
        ],
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": app.title, "version": app.version, "description": app.description},
        "paths": {
            "/v1/score": {"post": score},
            "/v1/rewards/{name}": {"post": reward},
            "/v1/judge/{rubric}": {"post": judge},
            "/v1/rubrics": {"get": _read("rubrics", "The rubrics of this service")},
            "/v1/recipes": {"get": _read("recipes", "The recipes of this service")},
            "/v1/rewards": {"get": _read("rewards", "The rewards of this service")},
            "/v1/info": {"get": _read("info", "What this service is, and what a request may hold")},
            "/healthz": {"get": _read("healthz", "The process is alive")},
            "/readyz": {"get": _read("readyz", "Rollouts can be scored")},
            "/metrics": {
                "get": {
                    "operationId": "metrics",
                    "summary": "Metrics for Prometheus",
                    "responses": {"200": {"description": "Exposition text", "content": {"text/plain": {}}}},
                }
            },
        },
        "components": {"schemas": schemas},
    }


def _say_keys(document: dict[str, Any]) -> None:
    """Adds that an API key is needed, wherever it is."""
    refusal = {"$ref": _REF.format(name="ErrorReply")}
    answer = {"description": "No API key, or a wrong one", "content": {"application/json": {"schema": refusal}}}
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, operations in document["paths"].items():
        if path not in OPEN_PATHS:
            for operation in operations.values():
                operation["security"] = [{"key": []}]
                operation["responses"]["401"] = answer


def _say_limits(schemas: dict[str, Any], pipeline: Pipeline, limits: RequestLimits) -> None:
    """Adds what is checked after decoding, so that a request that fits the schema is not refused (but for its size)."""
    request = schemas["ScoreRequest"]
    request["required"] = ["rollouts"]
    request["oneOf"] = [{"required": ["recipe"]}, {"required": ["components"]}]
    fields = request["properties"]
    fields["recipe"] = {"type": "string", "enum": sorted(pipeline.recipes)}
    fields["components"] = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"enum": sorted(pipeline.rewards)},
        "additionalProperties": {"type": "number", "minimum": 0, "maximum": MOST_WEIGHT},
    }
    fields["deadline_ms"] = {"type": ["integer", "null"], "minimum": 1, "maximum": limits.max_deadline_ms}
    fields["rollouts"] |= {"minItems": 1, "description": f"At most {limits.rollouts} rollouts (413 beyond)."}


def _say_judge_limits(schemas: dict[str, Any], desk: Desk, limits: RequestLimits) -> None:
    request = schemas["JudgeRequest"]
    request["required"] = ["items"]
    fields = request["properties"]
    # it stands in the path; in the body it may only say the same
    del fields["rubric"]
    fields["deadline_ms"] = {"type": ["integer", "null"], "minimum": 1, "maximum": limits.max_deadline_ms}
    fields["items"] |= {"minItems": 1, "description": f"At most {limits.rollouts} items (413 beyond)."}
    names = sorted({name for rubric in desk.rubrics.values() for name in rubric.fields})
    schemas["JudgeItem"]["properties"]["fields"]["description"] = (
        f"The rubric's fields (GET /v1/rubrics), of {', '.join(names)}; another one refuses the request (422)."
    )


def _operation(
    name: str,
    summary: str,
    description: str,
    responses: dict[str, tuple[str, dict[str, Any]]],
    body: tuple[dict[str, Any], dict[str, Any]],
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    schema, examples = body
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "description": description,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}},
        "responses": {
            code: {"description": text, "content": {"application/json": {"schema": answer}}}
            for code, (text, answer) in sorted(responses.items())
        },
    }
    if parameters:
        operation["parameters"] = parameters
    return operation


def _read(name: str, summary: str) -> dict[str, Any]:
    answer = {"description": summary, "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"operationId": name, "summary": summary, "responses": {"200": answer}}


def _score_example(recipe: str) -> dict[str, Any]:
    rollouts = [msgspec.to_builtins(rollout) for rollout in load_examples(recipe)[:2]]
    return _example({"recipe": recipe, "deadline_ms": 10_000, "explain": False, "rollouts": rollouts})


def _example(value: Any) -> dict[str, Any]:
    return {"value": value}
