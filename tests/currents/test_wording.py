"""Each state's one sentence and one action, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from currents.models import Refusal
from currents.states import State
from currents.wording import LOOKS, Act, Situation, words

NOW = datetime(2026, 5, 12, 12, 32, tzinfo=UTC)
NBSP = "\u00a0"


def situation(state: State, **facts: Any) -> Situation:
    return Situation(state, NOW - timedelta(days=1), NOW, **facts)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("state", State)
def test_every_state_has_a_sentence_an_action_and_a_look(state: State, language: str) -> None:
    with translation.override(language):
        said = words(situation(state))
        assert said.sentence.endswith(".")
        assert said.action
    assert all(LOOKS[state])


@pytest.mark.parametrize("state", State)
def test_the_french_sentence_is_french(state: State) -> None:
    english = words(situation(state)).sentence
    with translation.override("fr"):
        assert words(situation(state)).sentence != english


def test_who_paused_it_is_named_with_the_time_of_the_workspace() -> None:
    with timezone.override("Europe/Paris"):
        said = words(situation(State.PAUSED, by="Jonas Weber"))
    assert said.sentence == (
        "Paused by Jonas Weber, yesterday 14:32. Events wait and will be sent on resume."
    )
    assert said.act == Act.RESUME


def test_a_failing_current_says_the_status_and_when_it_tries_again() -> None:
    said = words(situation(State.FAILING, status=503, next_try=NOW + timedelta(seconds=40)))
    assert said.sentence == (
        f"Amplitude does not answer (503). Sending is tried again by itself, next in 40{NBSP}s."
    )
    assert said.act == Act.SEE_ATTEMPTS


@pytest.mark.parametrize(
    ("status", "beginning"),
    [
        (None, "Amplitude does not answer. "),
        (429, "Amplitude throttles the whole project (429). "),
        (404, "Amplitude’s address gives an unexpected answer (404). "),
    ],
)
def test_what_fails_is_told_apart(status: int | None, beginning: str) -> None:
    assert words(situation(State.FAILING, status=status)).sentence.startswith(beginning)


def test_each_refusal_has_a_sentence_of_its_own() -> None:
    said = {kind: words(situation(State.STOPPED, refusal=kind)) for kind in Refusal}
    assert len({each.sentence for each in said.values()}) == len(Refusal)
    assert said[Refusal.INVALID_KEY].sentence == (
        "Amplitude refuses this Current’s API key. Nothing is lost so far."
    )
    assert said[Refusal.UNAUTHORIZED].act == Act.ENTER_KEY


def test_a_new_key_is_not_asked_for_where_a_firewall_forbids() -> None:
    assert words(situation(State.STOPPED, refusal=Refusal.FORBIDDEN)).act == Act.TRY_NOW


def test_dropping_says_how_many_went_and_after_how_long() -> None:
    said = words(situation(State.DROPPING, dropped=12_410))
    assert said.sentence.startswith(
        f"Refused for more than 48{NBSP}h: 12,410 of the oldest events were dropped."
    )


def test_nothing_is_called_safe_after_events_were_dropped() -> None:
    said = words(situation(State.STOPPED, dropped=3)).sentence
    assert "Nothing is lost" not in said
    assert "3 events were dropped" in said


def test_a_project_that_is_throttled_says_when_it_goes_on() -> None:
    said = words(situation(State.ACTIVE, next_try=NOW + timedelta(seconds=24)))
    assert said.sentence == (
        f"Amplitude throttles the whole project (429). Sending goes on by itself in 24{NBSP}s."
    )
    assert words(situation(State.ACTIVE, next_try=NOW)).sentence.startswith("Events are delivered")


def test_an_active_current_that_catches_up_says_how_many_are_to_go() -> None:
    said = words(situation(State.ACTIVE, waiting=12_410)).sentence
    assert "12,410 are still to go" in said
