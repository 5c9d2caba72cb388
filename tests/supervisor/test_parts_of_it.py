"""What the supervisor decides, without starting anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from braze_partners.supervisor import backoff, files, parts, ports, screen, translating
from tests.house.sources import REPOSITORY


def test_the_first_restart_is_quick_and_later_ones_are_bounded() -> None:
    delays = [backoff.restart_delay(n) for n in range(1, 10)]
    assert delays[0] < 1
    assert delays == sorted(delays)
    assert delays[-1] == delays[-2] == 30


def test_a_part_that_ran_steadily_is_forgiven_its_crashes() -> None:
    assert backoff.crashes_in_a_row(5, ran_seconds=3) == 6
    assert backoff.crashes_in_a_row(5, ran_seconds=61) == 1


def test_a_taken_port_moves_to_the_next_free_one() -> None:
    with ports.listen("127.0.0.1", 0) as first:
        taken = first.getsockname()[1]
        with ports.listen("127.0.0.1", taken) as second:
            assert taken < second.getsockname()[1] <= taken + ports.PORTS_TRIED
        assert ports.next_free("127.0.0.1", taken, 0) != taken


def test_the_sandbox_never_gets_the_port_of_the_dashboard() -> None:
    with ports.listen("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
    assert ports.next_free("127.0.0.1", port, taken=port) != port


def test_the_screen_says_addresses_sign_ins_and_where_to_begin() -> None:
    text = screen.welcome(
        screen.Addresses("http://127.0.0.1:8000", "http://127.0.0.1:8010", "0a1b2c"),
        [screen.SignIn("marketer", "marketer@demo.example", "demo-marketer-1")],
        "var/log",
    )
    for part in ("127.0.0.1:8000", "127.0.0.1:8010", "marketer@demo.example", "demo-marketer-1"):
        assert part in text
    assert "Amplitude sandbox API key: 0a1b2c" in text
    assert "Begin here" in text
    assert len(text.splitlines()) < 24


def test_a_second_start_says_where_the_first_one_is() -> None:
    assert "http://x:1" in screen.already_running({"web": "http://x:1", "started_at": "now"})
    assert "being started" in screen.already_running({})


def test_the_lock_is_held_once(tmp_path: Path) -> None:
    held = files.take_lock(tmp_path / "var" / "up.lock")
    assert held is not None
    assert files.take_lock(tmp_path / "var" / "up.lock") is None
    held.close()
    again = files.take_lock(tmp_path / "var" / "up.lock")
    assert again is not None
    again.close()


def test_an_unreadable_file_reads_as_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "run.json"
    assert files.read_json(broken) == {}
    broken.write_text("{")
    assert files.read_json(broken) == {}
    files.write_json(broken, {"web": "x"})
    assert files.read_json(broken) == {"web": "x"}
    assert broken.stat().st_mode & 0o077 == 0


def test_a_part_gets_no_settings_of_another_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "somewhere.else")
    assert "DJANGO_SETTINGS_MODULE" not in parts.environment(parts.sandbox("127.0.0.1", 1))
    assert parts.environment(parts.worker())["DJANGO_SETTINGS_MODULE"] == parts.SETTINGS


def test_translations_are_compiled_when_newer(tmp_path: Path) -> None:
    catalogue = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Segment"\nmsgstr "Segment (fr)"\n'
    )
    assert translating.compile_translations(tmp_path) == [catalogue.with_suffix(".mo")]
    assert translating.compile_translations(tmp_path) == []
    os.utime(catalogue, (2_000_000_000, 2_000_000_000))
    assert len(translating.compile_translations(tmp_path)) == 1


@pytest.mark.parametrize(("answer", "gone"), [("n\n", False), ("", False), ("y\n", True)])
def test_clean_state_asks_first(tmp_path: Path, answer: str, gone: bool) -> None:
    var = tmp_path / "var"
    var.mkdir()
    done = clean_state(var, answer)
    assert "Remove it?" in done.stdout
    assert var.exists() is not gone
    assert (done.returncode == 0) is gone


def test_clean_state_refuses_under_running_processes(tmp_path: Path) -> None:
    held = files.take_lock(tmp_path / "var" / "up.lock")
    assert held is not None
    with held:
        done = clean_state(tmp_path / "var", "y\n")
    assert done.returncode == 1
    assert (tmp_path / "var").exists()


def clean_state(var: Path, answer: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "braze_partners.supervisor.cleaning"],
        cwd=REPOSITORY,
        env={**os.environ, "BRAZE_PARTNERS_VAR": str(var)},
        input=answer,
        capture_output=True,
        text=True,
    )
