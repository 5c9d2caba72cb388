"""Secrets, databases and brokers from the environment; what must be so before we serve."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from braze_partners import environment
from tests.house.sources import REPOSITORY


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = environment.secret("SECRET_KEY", production=False, var_dir=tmp_path)
    assert first == environment.secret("SECRET_KEY", production=False, var_dir=tmp_path)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    Fernet(environment.secret("ENCRYPTION_KEYS", production=False, var_dir=tmp_path))


def test_a_secret_added_later_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    kept = environment.generated_secrets(tmp_path / "secrets.json")
    (tmp_path / "secrets.json").write_text(json.dumps({"SECRET_KEY": kept["SECRET_KEY"]}))
    grown = environment.generated_secrets(tmp_path / "secrets.json")
    assert grown["SECRET_KEY"] == kept["SECRET_KEY"]
    assert set(grown) == set(kept)


def test_production_makes_no_secret_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEY_HASH_SECRET", raising=False)
    with pytest.raises(ImproperlyConfigured, match="braze_partners.E001.*KEY_HASH_SECRET"):
        environment.secret("KEY_HASH_SECRET", production=True, var_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_database_url_keeps_its_options(tmp_path: Path) -> None:
    url = "postgresql://us%40er:p%2Fw@db:6432/braze?sslmode=require"
    settings = environment.database(url, tmp_path)
    assert settings["ENGINE"].endswith("postgresql")
    wanted = {
        "NAME": "braze",
        "USER": "us@er",
        "PASSWORD": "p/w",
        "HOST": "db",
        "PORT": "6432",
    }
    assert {name: settings[name] for name in wanted} == wanted
    assert settings["OPTIONS"]["sslmode"] == "require"


def test_postgresql_holds_nothing_beyond_a_transaction(tmp_path: Path) -> None:
    """PgBouncer in transaction mode must do."""
    settings = environment.database("postgresql://db/braze", tmp_path)
    assert settings["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert settings["OPTIONS"]["prepare_threshold"] is None


def test_the_file_broker_has_its_folders_and_redis_its_visibility(tmp_path: Path) -> None:
    options = environment.broker_options("filesystem://", tmp_path)
    assert Path(options["data_folder_in"]).is_dir()
    assert options["data_folder_in"] == options["data_folder_out"]
    redis = environment.broker_options("redis://localhost", tmp_path)
    assert redis["visibility_timeout"] > 16 * 60


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ENCRYPTION_KEYS": ["no key"]}, "braze_partners.E002"),
        ({"TRUSTED_PROXIES": ["not-a-network"]}, "braze_partners.E003"),
        ({"PRODUCTION": True, "DEBUG": True}, "braze_partners.E004"),
        ({"PRODUCTION": True, "SANDBOX_ENABLED": True}, "braze_partners.E005"),
        ({"AMPLITUDE_US_URL": ""}, "braze_partners.E007"),
        ({"AMPLITUDE_EU_URL": "api.eu.amplitude.com"}, "braze_partners.E007"),
        ({"AMPLITUDE_SANDBOX_URL": "http://["}, "braze_partners.E007"),
        ({"PRODUCTION": True, "DATABASE_URL": ""}, "braze_partners.W001"),
        ({"PRODUCTION": True, "REDIS_URL": ""}, "braze_partners.W002"),
        (
            {"PRODUCTION": True, "AMPLITUDE_US_URL": "http://collector.example"},
            "braze_partners.W004",
        ),
    ],
)
def test_a_start_up_check_finds_it(settings: Any, changes: dict[str, Any], expected: str) -> None:
    assert expected not in {found.id for found in run_checks()}
    for name, value in changes.items():
        setattr(settings, name, value)
    assert expected in {found.id for found in run_checks()}


def test_production_refuses_to_start_without_secrets(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=REPOSITORY,
        env={"BRAZE_PARTNERS_ENV": "production", "BRAZE_PARTNERS_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "braze_partners.E001" in done.stderr
