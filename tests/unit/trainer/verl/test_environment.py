from __future__ import annotations

from typing import Any

from medreward_trainer.client import ClientSettings
from medreward_trainer.verl.environment import FROZEN_VISION, environment_of
from medreward_trainer.verl.settings import Settings

CLIENT = ClientSettings(urls=["http://127.0.0.1:1"], recipe="gemex")


def of(device: str, given: dict[str, str] | None = None, **settings: Any) -> dict[str, str]:
    config = {"trainer": {"device": device, "default_local_dir": "runs/x"}}
    return environment_of(config, Settings(client=CLIENT, **settings), given or {})


def test_a_gpu_run_is_told_nothing_of_the_cpu() -> None:
    assert "VERL_PLATFORM" not in of("cuda")
    assert of("cpu")["VERL_PLATFORM"] == "cpu"


def test_the_engine_that_freezes_is_asked_for_by_name() -> None:
    assert of("cuda", freeze_vision=True)["VERL_ENGINE_VENDOR"] == FROZEN_VISION
    assert "VERL_ENGINE_VENDOR" not in of("cuda")


def test_what_the_user_chose_stays() -> None:
    assert of("cuda", {"TENSORBOARD_DIR": "/logs"})["TENSORBOARD_DIR"] == "/logs"
    assert of("cuda")["TENSORBOARD_DIR"] == "runs/x/tensorboard"
    assert "HOME" not in of("cuda", {"HOME": "/root"})
