"""Requests made of the OpenAPI document, valid and not: whatever is sent, the reply is as documented."""

from __future__ import annotations

from typing import Any, Final

import schemathesis
from hypothesis import given
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from medreward.assembly import build_desk, build_judge, build_pipeline
from medreward.config import RequestLimits, load_settings
from medreward.ingress.http import create_app
from medreward.observability.observer import Observer
from tests.fuzz.rounds import in_round
from tests.fuzz.tally import Tally

CHECKS: Final = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    status_code_conformance,
    negative_data_rejection,
]
"""not that valid data is accepted: the document cannot say which recipe fits which names"""
_ROUND: Final = 25


def fuzz_schema(tally: Tally) -> None:
    """Every operation in turn, in this process."""
    defaults = load_settings()
    judge = build_judge(defaults.judge)
    app = create_app(build_pipeline(defaults, judge=judge), build_desk(defaults, judge), RequestLimits(), Observer())
    schema: Any = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    number = 0
    while tally.left_s:
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if tally.left_s:
                    _round(tally, operation.as_strategy(generation_mode=mode), number, f"{operation.label}")
        number += 1


def _round(tally: Tally, strategy: Any, number: int, label: str) -> None:
    last: list[str] = []

    @in_round(number, _ROUND)
    @given(strategy)
    def one(case: Any) -> None:
        last[:] = [case.as_curl_command()]
        if not tally.left_s:
            return
        response = case.call()
        tally.count(str(response.status_code))
        case.validate_response(response, checks=CHECKS)

    try:
        one()
    except Unsatisfiable:
        # an operation without parameters can be asked in no wrong way
        return
    except Exception as error:  # noqa: BLE001 (whatever it was is the finding)
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        tally.find(f"{label}: {type(error).__name__}: {first}", "".join(last).encode("utf-8", "replace"))
