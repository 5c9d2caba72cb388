"""The letters about refused credentials, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail as outbox

from currents import letters
from currents.fates import Fate
from currents.models import CredentialFailure, FailureMail, Refusal
from tests.currents.factories import (
    CredentialFailureFactory,
    DroppedRangeFactory,
    FailureMailFactory,
    LedgerEntryFactory,
)
from tests.workspaces.letters import letter_html

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 5, 11, 1, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
THIN, NBSP = "\u202f", "\u00a0"
Stage = FailureMail.Stage


@pytest.fixture(autouse=True)
def our_address(settings: Any) -> None:
    settings.DASHBOARD_URL = "https://braze.lumen.example/"


def a_failure(language: str = "en", **columns: Any) -> CredentialFailure:
    made: CredentialFailure = CredentialFailureFactory.create(
        current__name="Lifecycle EU",
        current__workspace__name="Lumen Outfitters",
        current__workspace__language=language,
        current__workspace__time_zone="Europe/Paris",
        **{"began_at": BEGAN, "words": "Invalid API key: 91c2…"} | columns,
    )
    LedgerEntryFactory.create(current=made.current, minute=BEGAN, fate=Fate.WAITING, count=441_907)
    return made


def sent(failure: CredentialFailure, stage: str, after: timedelta) -> tuple[str, str, str]:
    """Subject, text, HTML."""
    letters.send(FailureMailFactory.create(failure=failure, stage=stage), BEGAN + after)
    (message,) = outbox.outbox
    assert message.to == ["crm-alerts@lumen.example"]
    return str(message.subject), str(message.body), letter_html(message)[0]


def test_the_first_letter_says_what_happened_what_waits_and_what_to_do() -> None:
    failure = a_failure()
    subject, text, html = sent(failure, Stage.FIRST, timedelta(minutes=1))
    assert subject == "Lifecycle EU has stopped: Amplitude refuses its API key"
    for part in (text, html):
        assert "Amplitude refuses this Current’s API key." in part
        assert "Invalid API key: 91c2…" in part
        assert "441,907 events wait" in part
        assert f"starts in 47{NBSP}h 59{NBSP}min: 13 May, 03:18" in part
        assert "enter it on the Current’s page" in part
        address = f"/w/{failure.current.workspace.slug}/currents/{failure.current_id}/"
        assert f"https://braze.lumen.example{address}" in part
    assert "stopped sending: today 03:18" in text


@pytest.mark.parametrize(
    ("stage", "percent", "hours"),
    [(Stage.HALF, 50, 24), (Stage.THREE_QUARTERS, 75, 36), (Stage.NINE_TENTHS, 90, 43.2)],
)
def test_each_share_of_the_window_has_its_letter(stage: str, percent: int, hours: float) -> None:
    subject, text, _html = sent(a_failure(), stage, hours * HOUR)
    assert subject == f"Lifecycle EU is still stopped: {percent}% of the window has passed"
    assert "has been stopped for" in text
    assert "13 May, 03:18" in text or "today 03:18" in text


def test_the_letter_on_recovery_says_how_long_it_took_and_that_none_was_lost() -> None:
    failure = a_failure(ended_at=BEGAN + 3 * HOUR)
    subject, text, html = sent(failure, Stage.RECOVERED, 3 * HOUR)
    assert subject == "Lifecycle EU delivers again"
    for part in (text, html):
        assert f"again, after 3{NBSP}h" in part
        assert "441,907 events that waited are delivered first, in order. None was lost." in part


def test_it_does_not_say_that_none_was_lost_after_dropping() -> None:
    failure = a_failure(ended_at=BEGAN + 50 * HOUR)
    DroppedRangeFactory.create(current=failure.current, count=12_410, at=BEGAN + 49 * HOUR)
    _subject, text, _html = sent(failure, Stage.RECOVERED, 50 * HOUR)
    assert "None was lost" not in text
    assert "12,410 had waited longer than the window and were dropped." in text


def test_a_firewall_is_not_told_as_a_matter_of_the_key() -> None:
    subject, text, _html = sent(a_failure(kind=Refusal.FORBIDDEN), Stage.FIRST, HOUR)
    assert subject.endswith("Amplitude answers 403 Forbidden")
    assert "API key from Amplitude" not in text
    assert "firewall" in text


def test_a_french_workspace_gets_french_letters() -> None:
    subject, text, html = sent(a_failure("fr"), Stage.FIRST, timedelta(minutes=1))
    assert subject == f"Lifecycle EU s’est arrêté{NBSP}: Amplitude refuse sa clé API"
    for part in (text, html):
        assert f"441{THIN}907 événements attendent" in part
        assert "13 mai, 03:18" in part
        assert "events" not in part


@pytest.mark.parametrize("stage", [Stage.HALF, Stage.RECOVERED])
def test_the_other_letters_are_french_too(stage: str) -> None:
    subject, text, html = sent(a_failure("fr"), stage, 24 * HOUR)
    for part in (subject, text, html):
        assert "Lifecycle EU" in part
        for english in (" the ", " window ", "waited", "again"):
            assert english not in part


def test_names_are_escaped_in_html_and_plain_in_text() -> None:
    failure = a_failure()
    failure.current.name = "A&B <i>"
    failure.current.save()
    subject, text, html = sent(failure, Stage.FIRST, HOUR)
    assert "A&B <i>" in subject
    assert "A&B <i>" in text
    assert "A&amp;B &lt;i&gt;" in html


def test_without_an_address_of_ours_there_is_no_link(settings: Any, tmp_path: Any) -> None:
    settings.DASHBOARD_URL, settings.RUN_FILE = "", tmp_path / "run.json"
    _subject, text, html = sent(a_failure(), Stage.FIRST, HOUR)
    assert "/w/" not in text
    assert "<a " not in html


def test_after_the_window_the_letter_says_that_the_oldest_go() -> None:
    _subject, text, _html = sent(a_failure(), Stage.NINE_TENTHS, 49 * HOUR)
    assert f"The window of 48{NBSP}h is over" in text
