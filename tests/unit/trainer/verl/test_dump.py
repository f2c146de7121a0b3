from __future__ import annotations

import json

import numpy as np
import pytest

from medreward_trainer.verl.advantage import token_advantages
from medreward_trainer.verl.dump import breakdown
from tests.unit.trainer.verl.outcomes import MASK, REVISED, scored, unscored


def test_a_line_says_where_the_advantage_went() -> None:
    outcome = scored(1.0, tags=REVISED, revised=True, first_right=False, credit=1.0)
    line = breakdown(outcome, token_advantages(REVISED, MASK, -0.5, revised=True, alpha=0.2, credit=1.0))
    assert line["trained"] is True
    assert line["segments"]["first"] == {"tokens": 2, "advantage": 0.0, "advantage_magnitude": 0.0}
    assert line["segments"]["self_check"]["advantage"] == pytest.approx(0.6)
    assert line["segments"]["second"]["advantage"] == pytest.approx(-1.0)
    assert line["segments"]["second"]["advantage_magnitude"] == pytest.approx(1.0)
    assert line["components"]["semantics"]["value"] == 1.0
    json.dumps(line, allow_nan=False)


def test_a_rollout_that_was_left_out_has_no_advantage_at_all() -> None:
    line = breakdown(unscored("timeout"), None)
    assert (line["trained"], line["status"], line["reward"]) == (False, "timeout", None)
    assert line["segments"] == {"first": {"tokens": 3}}
    json.dumps(line, allow_nan=False)


def test_a_zero_advantage_is_there() -> None:
    assert breakdown(scored(0.0), np.zeros(3))["segments"]["first"]["advantage"] == 0.0
