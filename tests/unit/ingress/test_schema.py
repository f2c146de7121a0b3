"""schemathesis over the OpenAPI document: whatever is sent, never a 5xx, and replies as documented."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from medreward.assembly import build_desk, build_judge, build_pipeline
from medreward.config import RequestLimits, load_settings
from medreward.ingress.http import create_app
from medreward.observability.observer import Observer

defaults = load_settings()
judge = build_judge(defaults.judge)
app = create_app(build_pipeline(defaults, judge=judge), build_desk(defaults, judge), RequestLimits(), Observer())
schema = schemathesis.openapi.from_asgi("/openapi.json", app)

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


@schema.parametrize()
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_api_keeps_its_word(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=CHECKS)
