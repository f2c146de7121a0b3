from __future__ import annotations

from pathlib import Path

import pytest

from medreward_trainer.verl import prompts
from medreward_trainer.verl.errors import ConfigError


def test_the_self_check_goes_along_the_paper_s_three_dimensions() -> None:
    text = prompts.text(prompts.SELF_CHECK)
    assert [name for name in ("Visual grounding", "Visual analysis", "Medical knowledge") if name in text] == [
        "Visual grounding",
        "Visual analysis",
        "Medical knowledge",
    ]


def test_a_prompt_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(" \n")
    for name in ("missing.txt", "empty.txt"):
        with pytest.raises(ConfigError, match=name):
            prompts.text(tmp_path / name)
