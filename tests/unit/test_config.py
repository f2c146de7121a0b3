from __future__ import annotations

from pathlib import Path

import pytest

from medreward.config import ConfigError, load_settings


def test_a_file_is_read_and_the_environment_overrides_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "medreward.yaml"
    path.write_text("http: {port: 8123}\nlimits: {rollouts: 10}\n")
    monkeypatch.setenv("MEDREWARD_LIMITS__ROLLOUTS", "20")
    settings = load_settings(path)
    assert (settings.http.port, settings.limits.rollouts) == (8123, 20)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("htpp: {}", "htpp"),
        ("http: {port: many}", "http.port"),
        ("http: {port: 70000}", "http.port"),
        ("ingress: {replicas: 0}", "ingress.replicas"),
        ("ingress: {proxy: nginx}", "ingress.proxy"),
        ("limits: {rollouts: 0}", "limits.rollouts"),
        ("limits: {body_mib: .inf}", "limits.body_mib"),
        ("limits: {default_deadline_ms: 10, max_deadline_ms: 5}", "default_deadline_ms"),
        ("ingress: {cpus: .nan}", "ingress.cpus"),
        ("http: {port: 1}\nhttp: {port: 2}", "http"),
        ("- a list", "settings by name"),
        ("http: {", "is not YAML"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "medreward.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path / "gone.yaml")


def test_settings_survive_the_way_into_a_replica() -> None:
    settings = load_settings(http={"port": 0}, recipe_files=["a.yaml"])
    assert load_settings(**settings.model_dump(mode="json")) == settings
