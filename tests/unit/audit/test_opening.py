"""Where there can be no log, the start says so."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from medreward.config import ConfigError, Settings, load_settings
from medreward.observability.audit.opening import open_audit
from medreward.observability.audit.settings import AuditSettings


def test_it_is_off_unless_a_directory_is_named() -> None:
    assert Settings().audit.dir is None
    assert open_audit(AuditSettings()) is None


def test_a_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    log = open_audit(AuditSettings(dir=tmp_path / "new" / "audit"))
    assert log is not None
    log.close()
    assert stat.S_IMODE((tmp_path / "new" / "audit").stat().st_mode) == 0o700


def test_a_directory_that_cannot_be_written_to_is_a_config_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ConfigError, match=r"audit\.dir: .*file/audit cannot be written to: Not a directory"):
        open_audit(AuditSettings(dir=file / "audit"))


def test_parquet_without_its_library_is_a_config_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"audit\.format: parquet needs pyarrow"):
        open_audit(AuditSettings(dir=tmp_path, format="parquet"))


def test_a_relative_directory_is_that_of_whoever_reads_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert AuditSettings(dir=Path("audit")).dir == tmp_path / "audit"


def test_a_format_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"audit\.format"):
        load_settings(audit={"format": "csv"})
