"""The commands that create a Current and print its ledger."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from braze_partners.events import catalogue, intake
from braze_partners.workspaces.models import AuditEntry
from currents import editing
from currents.fates import Fate
from currents.models import Current, LedgerEntry
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import (
    API_KEY,
    EMAIL_OPEN,
    PURCHASE,
    CurrentFactory,
    LedgerEntryFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def run(*given: Any) -> list[str]:
    out = io.StringIO()
    call_command(*given, stdout=out)
    return out.getvalue().splitlines()


def create(*given: str, **replaced: str) -> list[str]:
    options = {
        "workspace": "lumen",
        "name": "Engagement",
        "email": "crm@lumen.example",
        "api-key": API_KEY,
        "region": "us",
        "events": "all",
    } | {name.replace("_", "-"): value for name, value in replaced.items()}
    pairs = [f"--{name}={value}" for name, value in options.items()]
    return run("create_current", *pairs, *given)


def test_it_launches_and_prints_the_id_as_its_last_line(cast: Cast) -> None:
    lines = create("--launch")
    current = Current.objects.get()
    assert lines == [str(current.pk)]
    assert (current.workspace, current.state) == (cast.workspace, State.ACTIVE)
    assert current.event_types == list(catalogue.event_types())
    assert current.include_anonymous is True
    assert editing.stored_key(current) == API_KEY
    entries = AuditEntry.objects.order_by("pk")
    assert [entry.action for entry in entries] == ["current.created", "current.launched"]
    assert {entry.actor_text for entry in entries} == {"command line"}


def test_it_takes_a_list_of_types_and_leaves_anonymous_users_out(cast: Cast) -> None:
    create("--no-anonymous", events=f"{PURCHASE},{EMAIL_OPEN}", region="eu")
    current = Current.objects.get()
    assert (current.event_types, current.region) == ([EMAIL_OPEN, PURCHASE], "eu")
    assert (current.include_anonymous, current.state) == (False, State.DRAFT)


def test_hidden_characters_are_said_before_the_id(cast: Cast) -> None:
    lines = create(api_key=f"\u200b{API_KEY}")
    current = Current.objects.get()
    assert lines == ["Hidden characters removed from the key: 1", str(current.pk)]


def test_the_key_can_come_over_standard_input(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{API_KEY}\n"))
    create(api_key="-")
    assert editing.stored_key(Current.objects.get()) == API_KEY


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ({"workspace": "nowhere"}, "There is no workspace nowhere."),
        ({"name": " "}, "--name: Enter a name for the integration."),
        ({"email": "nobody"}, "--email: Enter a complete e-mail address"),
        ({"email": ""}, "--email: Enter the e-mail address"),
        ({"api_key": ""}, "--api-key: Enter the API key of the Amplitude project."),
        ({"api_key": "\u200b"}, "--api-key: Only hidden characters were entered."),
        ({"region": "mars"}, "--region: Choose a region: us, eu, sandbox."),
        ({"events": "users.fax"}, "--events: There is no such event type: users.fax"),
        ({"events": ","}, "--events: Select at least one event type."),
    ],
)
def test_each_wrong_argument_is_named(cast: Cast, replaced: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        create("--launch", **replaced)
    assert not Current.objects.exists()


def test_all_that_is_wrong_is_said_at_once(cast: Cast) -> None:
    with pytest.raises(CommandError) as refused:
        create("--launch", email="nobody", events="users.fax")
    assert len(str(refused.value).splitlines()) == 2


def ledger(current: Current) -> dict[str, int]:
    (line,) = run("current_ledger", str(current.pk))
    told: dict[str, int] = json.loads(line)
    return told


def test_the_ledger_is_one_object_of_integers_that_balance() -> None:
    current = CurrentFactory.create()
    for number, fate in enumerate(Fate, start=1):
        LedgerEntryFactory.create(current=current, fate=fate, count=number)
    told = ledger(current)
    assert list(told) == [
        "received",
        "delivered",
        "filtered",
        "waiting",
        "dead_lettered",
        "dropped",
    ]
    assert all(type(count) is int for count in told.values())
    assert told["received"] == sum(told.values()) - told["received"] == sum(range(1, 13))


def test_the_ledger_counts_up_to_the_logs_head_first(cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    intake.accept(cast.workspace.pk, [event(n) for n in range(5)], timezone.now())
    assert not LedgerEntry.objects.exists()
    assert ledger(current) == {
        "received": 5,
        "delivered": 0,
        "filtered": 0,
        "waiting": 5,
        "dead_lettered": 0,
        "dropped": 0,
    }


def test_a_draft_has_seen_nothing(cast: Cast) -> None:
    draft = CurrentFactory.create(workspace=cast.workspace, draft=True)
    intake.accept(cast.workspace.pk, [event(1)], timezone.now())
    assert set(ledger(draft).values()) == {0}


def test_there_is_no_ledger_of_no_current(db: None) -> None:
    with pytest.raises(CommandError, match=r"There is no Current 7\."):
        run("current_ledger", "7")


def event(number: int) -> intake.IncomingEvent:
    return intake.IncomingEvent(
        type=EMAIL_OPEN,
        id=f"event-{number}",
        time_ms=1_778_589_128_000,
        external_user_id="usr_1",
        device_id=None,
        user_id=None,
        properties=b"{}",
    )
