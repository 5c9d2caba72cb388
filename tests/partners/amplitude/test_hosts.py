"""Each region has its address from the settings; the sandbox's may come from the run file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from braze_partners.partners.amplitude.hosts import EU, SANDBOX, US, NoHost, base_url


@pytest.fixture
def run_file(settings: Any, tmp_path: Path) -> Path:
    settings.RUN_FILE = tmp_path / "run.json"
    return settings.RUN_FILE


def test_the_regions_are_amplitudes_own_by_default() -> None:
    assert base_url(US) == "https://api2.amplitude.com"
    assert base_url(EU) == "https://api.eu.amplitude.com"


def test_a_setting_moves_a_region(settings: Any) -> None:
    settings.AMPLITUDE_US_URL = "http://127.0.0.1:9000/"
    assert base_url(US) == "http://127.0.0.1:9000"


def test_the_sandbox_is_looked_up_at_each_use(run_file: Path) -> None:
    with pytest.raises(NoHost, match="not running"):
        base_url(SANDBOX)
    run_file.write_text(json.dumps({"sandbox": "http://127.0.0.1:8010"}))
    assert base_url(SANDBOX) == "http://127.0.0.1:8010"
    run_file.unlink()
    run_file.write_text(json.dumps({"sandbox": "http://127.0.0.1:8023"}))
    assert base_url(SANDBOX) == "http://127.0.0.1:8023"


def test_a_sandbox_elsewhere_needs_no_run_file(settings: Any, run_file: Path) -> None:
    settings.SANDBOX_ENABLED = False
    settings.AMPLITUDE_SANDBOX_URL = "http://127.0.0.1:9001/"
    assert base_url(SANDBOX) == "http://127.0.0.1:9001"


@pytest.mark.parametrize(("production", "enabled"), [(True, True), (True, False), (False, False)])
def test_there_is_no_sandbox_where_it_is_not_offered(
    settings: Any, run_file: Path, production: bool, enabled: bool
) -> None:
    run_file.write_text(json.dumps({"sandbox": "http://127.0.0.1:8010"}))
    settings.PRODUCTION, settings.SANDBOX_ENABLED = production, enabled
    settings.AMPLITUDE_SANDBOX_URL = "http://127.0.0.1:8010" if production else ""
    with pytest.raises(NoHost, match="not enabled"):
        base_url(SANDBOX)


def test_another_region_has_no_address() -> None:
    with pytest.raises(NoHost, match="'moon'"):
        base_url("moon")
