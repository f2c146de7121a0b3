"""Settings of the judge that make no sense are refused by their name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medreward.assembly import build_judge, check
from medreward.config import ConfigError, load_settings
from medreward.judge.rubrics import RubricError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("judge", "field"),
    [
        ({"engine": "gpt"}, "judge.engine"),
        ({"engine": "openai"}, "openai.base_url"),
        ({"engine": "openai", "openai": {"base_url": "judge:8000"}}, "judge.openai.base_url"),
        ({"engine": "vllm"}, "vllm.revision"),
        ({"engine": "vllm", "vllm": {"revision": "main"}}, "vllm.revision"),
        ({"engine": "vllm", "vllm": {"revision": COMMIT, "tensor_parallel_size": 0}}, "tensor_parallel_size"),
        ({"scoring": "float"}, "judge.scoring"),
        ({"max_concurrency": 0}, "judge.max_concurrency"),
        ({"cache": {"kind": "redis"}}, "redis_url"),
        ({"low_reference": {"action": "zero"}}, "judge.low_reference.action"),
        ({"temperature": 1}, "judge.temperature"),
    ],
)
def test_what_makes_no_sense_is_named(judge: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(judge=judge)
    assert field in str(refused.value)


def test_weights_on_the_hub_are_pinned_and_a_directory_needs_no_commit() -> None:
    assert load_settings(judge={"engine": "vllm", "vllm": {"revision": COMMIT}}).judge.vllm.revision == COMMIT
    assert load_settings(judge={"engine": "vllm", "vllm": {"model": "/weights"}}).judge.engine == "vllm"


def test_an_engine_of_the_cluster_is_refused_outside_of_one() -> None:
    settings = load_settings(judge={"engine": "vllm", "vllm": {"revision": COMMIT}})
    check(settings)
    with pytest.raises(ConfigError, match=r"judge\.engine"):
        build_judge(settings.judge)


def test_no_judge_is_none() -> None:
    assert build_judge(load_settings(judge={"engine": "none"}).judge) is None


def test_a_rubric_that_compares_nothing_cannot_decide_semantics() -> None:
    settings = load_settings(judge={"semantics_rubric": "review"})
    for refuses in (lambda: check(settings), lambda: build_judge(settings.judge)):
        with pytest.raises(ConfigError, match=r"judge\.semantics_rubric"):
            refuses()


def test_a_directory_without_a_rubric_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(RubricError):
        check(load_settings(judge={"rubric_dirs": [str(tmp_path / "none")]}))


def test_the_environment_overrides_a_nested_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDREWARD_JUDGE__MAX_CONCURRENCY", "7")
    monkeypatch.setenv("MEDREWARD_JUDGE__CACHE__KIND", "none")
    judge = load_settings(judge={"max_concurrency": 3}).judge
    assert (judge.max_concurrency, judge.cache.kind) == (7, "none")
