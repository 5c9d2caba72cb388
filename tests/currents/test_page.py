"""A Current's pages as people see them: every state, the ledger, attempts, dead letters, roles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from braze_partners.events import intake
from braze_partners.workspaces.models import Language
from currents.condition import condition, found
from currents.fates import Fate
from currents.models import Attempt, Current, Refusal
from currents.states import State
from currents.wording import words
from tests.cast import Cast
from tests.currents.factories import (
    PURCHASE,
    AttemptFactory,
    CredentialFailureFactory,
    CurrentFactory,
    DeadLetterFactory,
    DroppedRangeFactory,
    FailureMailFactory,
    HoldFactory,
    LedgerEntryFactory,
    minute,
    now,
)
from tests.events.factories import events_of

HOUR = timedelta(hours=1)
MOST_QUERIES = 15


@pytest.fixture
def client(cast: Cast) -> Client:
    return cast.client(cast.alice)


def a_current(cast: Cast, state: State = State.ACTIVE, **columns: Any) -> Current:
    made: Current = CurrentFactory.create(workspace=cast.workspace, state=state, **columns)
    return made


def refused(cast: Cast, state: State = State.STOPPED, **columns: Any) -> Current:
    current = a_current(cast, state, due_at=now() + timedelta(seconds=100))
    failure = {"began_at": now() - 35 * HOUR} | columns
    CredentialFailureFactory.create(current=current, **failure)
    minute_ = minute() - 34 * HOUR
    LedgerEntryFactory.create(current=current, minute=minute_, fate=Fate.WAITING, count=441_907)
    return current


def page(client: Client, current: Current, name: str = "detail", **query: str) -> str:
    answer = client.get(reverse(f"currents:{name}", args=["lumen", current.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def strip_of(text: str) -> str:
    return text[text.index("state-strip ") : text.index("</section>", text.index("state-strip "))]


@pytest.mark.embedded
@pytest.mark.parametrize("language", Language.values)
@pytest.mark.parametrize("state", State)
def test_every_state_is_shown_with_its_sentence(state: State, language: str, cast: Cast) -> None:
    cast.alice.language = language
    cast.alice.save()
    if state in (State.STOPPED, State.DROPPING):
        current = refused(cast, state)
    else:
        current = (
            a_current(cast, state)
            if state != State.DRAFT
            else (CurrentFactory.create(workspace=cast.workspace, draft=True))
        )
    text = page(cast.client(cast.alice), current)
    with translation.override(language):
        shown = condition(found(cast.workspace).get(pk=current.pk), timezone.now())
        sentence = words(shown.situation).sentence.split(",")[0]
        label = State(state).label
    assert sentence in strip_of(text).replace("&#x27;", "'")
    assert str(label) in strip_of(text)


@pytest.mark.parametrize(
    ("state", "address"),
    [
        (State.ACTIVE, "pause"),
        (State.PAUSED, "resume"),
        (State.FAILING, "attempts"),
    ],
)
def test_the_one_action_of_a_state_is_on_its_strip(
    state: State, address: str, cast: Cast, client: Client
) -> None:
    current = a_current(cast, state)
    wanted = reverse(f"currents:{address}", args=["lumen", current.pk])
    assert f'"{wanted}"' in strip_of(page(client, current))


def test_a_viewer_sees_everything_and_no_action(cast: Cast) -> None:
    current = refused(cast)
    text = page(cast.client(cast.charlie), current)
    assert "441,907" in text
    assert "<form" not in text[text.index("<main") : text.index("</main>")]
    assert "new-key" not in text


def test_another_workspaces_current_is_not_found(cast: Cast) -> None:
    elsewhere = CurrentFactory.create(workspace=cast.other_workspace)
    for name in ("detail", "state", "live", "attempts", "dead_letters", "settings"):
        address = reverse(f"currents:{name}", args=["lumen", elsewhere.pk])
        assert cast.client(cast.alice).get(address).status_code == 404


@pytest.mark.embedded
def test_the_clock_says_when_dropping_starts_and_which_letters_went(
    cast: Cast, client: Client
) -> None:
    current = refused(cast)
    failure = current.credential_failures.get()
    FailureMailFactory.create(failure=failure, sent_at=failure.began_at)
    FailureMailFactory.create(failure=failure, stage="half", sent_at=now() - HOUR)
    text = page(client, current)
    assert "48-hour window" in text
    assert "13\u00a0h" in text[text.index("Dropping starts in") :][:200]
    assert text.count("drop-clock-mail--sent") == 4  # two marks, drawn and listed
    assert "E-mail sent to crm-alerts@lumen.example" in text
    assert "Next probe in 1\u00a0min 39\u00a0s" in text or "Next probe in 1\u00a0min 40" in text


def test_a_letter_that_could_not_go_says_so(cast: Cast, client: Client) -> None:
    failure = refused(cast).credential_failures.get()
    FailureMailFactory.create(failure=failure, error="ConnectionRefusedError")
    assert "could not be sent yet (ConnectionRefusedError)" in page(client, failure.current)


def test_a_dropping_current_says_how_many_went(cast: Cast, client: Client) -> None:
    current = refused(cast, State.DROPPING, began_at=now() - 60 * HOUR)
    DroppedRangeFactory.create(current=current, count=12_410)
    text = page(client, current)
    assert "12,410 of the oldest events were dropped" in text
    assert "Dropped so far" in text


def test_a_firewall_is_no_reason_to_ask_for_a_key(cast: Cast, client: Client) -> None:
    current = refused(cast, kind=Refusal.FORBIDDEN)
    text = page(client, current)
    assert "Try again now" in strip_of(text)
    assert "Step 2 of 4" in text


@pytest.mark.embedded
def test_the_ledger_balances_and_is_never_behind_the_log(cast: Cast, client: Client) -> None:
    current = a_current(cast)
    intake.accept(cast.workspace.pk, events_of(37), timezone.now())
    text = page(client, current)
    assert "37 received = 0 delivered + 0 filtered + 37 waiting" in text
    assert "Does not balance" not in text


def test_a_ledger_that_does_not_balance_is_red_with_the_difference(
    cast: Cast, client: Client
) -> None:
    current = a_current(cast)
    intake.accept(cast.workspace.pk, events_of(37), timezone.now())
    page(client, current)
    LedgerEntryFactory.create(current=current, count=2)
    text = page(client, current)
    assert "Does not balance" in text
    assert "the log holds 37 events of this span, the ledger has counted 39" in text
    assert "\u22122" in text


def test_a_step_shows_its_event_types_and_its_reasons(cast: Cast, client: Client) -> None:
    current = a_current(cast, launch_sequence=0, counted_sequence=1)
    for fate, count in ((Fate.NO_IDENTITY, 5), (Fate.ANONYMOUS, 3), (Fate.DELIVERED, 90)):
        LedgerEntryFactory.create(current=current, event_type=PURCHASE, fate=fate, count=count)
    text = page(client, current, step="no_identity")
    card = text[text.index("breakdown-title") : text.index("delivery-title")]
    for words_ in ("No identity", "Anonymous left out", "62.5%", "Purchase"):
        assert words_ in card
    assert "breakdown-title" not in page(client, current)


def test_the_window_of_the_ledger_stands_in_the_address(cast: Cast, client: Client) -> None:
    current = a_current(cast, counted_sequence=1)
    for ago, count in ((0, 1), (30, 2), (90, 4), (26 * 60, 8)):
        LedgerEntryFactory.create(
            current=current, minute=minute() - timedelta(minutes=ago), count=count
        )
    for span, received in (("10m", 1), ("1h", 3), ("24h", 7), ("7d", 15), ("nonsense", 7)):
        assert f"{received} received =" in page(client, current, span=span)


def test_the_polled_strip_asks_for_the_whole_page_when_the_state_is_another(
    cast: Cast, client: Client
) -> None:
    current = a_current(cast)
    address = reverse("currents:state", args=["lumen", current.pk])
    assert client.get(address, {"was": "active"}).status_code == 200
    Current.objects.filter(pk=current.pk).update(state=State.PAUSED)
    answer = client.get(address, {"was": "active"})
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")


def test_what_is_polled_goes_on_polling_with_the_same_choice(cast: Cast, client: Client) -> None:
    current = a_current(cast)
    text = page(client, current, "live", span="1h", step="waiting")
    assert "?span=1h&amp;step=waiting" in text
    assert 'data-poll="5000"' in text


def test_attempts_say_what_happened(cast: Cast, client: Client) -> None:
    current = a_current(cast)
    for outcome, columns, told in (
        (Attempt.Outcome.DELIVERED, {"events": 412}, "412 ingested"),
        (Attempt.Outcome.REJECTED, {"named": 2, "status": 400}, "2 named by Amplitude"),
        (Attempt.Outcome.THROTTLED, {"named": 1, "status": 429}, "1 id pauses"),
        (Attempt.Outcome.TOO_LARGE, {"status": 413}, "Halved and sent again"),
        (Attempt.Outcome.CREDENTIALS, {"words": "Invalid API key: 91c2…"}, "Invalid API key: 91c2"),
        (Attempt.Outcome.UNREACHABLE, {"status": None, "words": "Timed out"}, "No answer"),
        (Attempt.Outcome.UNEXPECTED, {"status": 404, "words": "Not Found"}, "Not Found"),
    ):
        AttemptFactory.create(current=current, outcome=outcome, **columns)
        assert told in page(client, current, "attempts")


def test_attempts_are_paged_and_the_overview_has_the_latest_five(
    cast: Cast, client: Client
) -> None:
    current = a_current(cast)
    AttemptFactory.create_batch(60, current=current)
    assert page(client, current).count('id="attempt-') == 5
    assert page(client, current, "attempts").count('id="attempt-') == 50
    assert page(client, current, "attempts", page="2").count('id="attempt-') == 10


def test_bodies_are_for_those_who_may_see_them(cast: Cast) -> None:
    attempt = AttemptFactory.create(current=a_current(cast), answer='{"code": 200}')
    address = reverse("currents:attempt", args=["lumen", attempt.current_id, attempt.pk])
    shown = cast.client(cast.bob).get(address).content.decode()
    assert "a8b1…41f7" in shown
    hidden = cast.client(cast.charlie).get(address).content.decode()
    assert "a8b1…41f7" not in hidden
    assert "Admins and marketers see what was sent" in hidden


def test_dead_letters_are_grouped_by_cause_with_a_hint(cast: Cast, client: Client) -> None:
    current = a_current(cast)
    times = "events_with_invalid_fields: time"
    DeadLetterFactory.create_batch(3, current=current, cause=times)
    DeadLetterFactory.create(current=current, cause=times, event_type=PURCHASE)
    DeadLetterFactory.create(current=current, cause="Payload too large", status=413)
    text = page(client, current)
    card = text[text.index("causes-title") : text.index("attempts-title")]
    assert card.index(times) < card.index("Payload too large")
    assert "Email Open, Purchase" in card
    assert "a time that Amplitude can’t read" in card
    one = page(client, current, "dead_letters", cause="Payload too large")
    assert one[one.index('id="letters"') :].count('class="row-title mono"') == 1


def test_held_ids_are_shown_with_what_is_held_back_and_the_advice(
    cast: Cast, client: Client
) -> None:
    current = a_current(cast)
    HoldFactory.create(
        current=current,
        identity="dev-1",
        device_id="dev-1",
        waiting=1_204,
        since=now() - timedelta(seconds=40),
    )
    assert "hot-title" in page(client, current)
    card = page(client, current, "hot")
    assert "1,204 · 4" in card
    assert "dev-1" in card
    assert "badly integrated" in card


def test_a_draft_shows_no_delivery_of_its_own(cast: Cast, client: Client) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, draft=True)
    text = page(client, current)
    assert "hot-title" not in text
    assert "Nothing to show before the launch" in text


@pytest.mark.parametrize("rows", [1, 30])
def test_no_page_asks_more_of_the_database_than_it_may(
    rows: int, cast: Cast, client: Client, django_assert_max_num_queries: Any
) -> None:
    current = refused(cast)
    AttemptFactory.create_batch(rows, current=current)
    HoldFactory.create_batch(rows, current=current)
    DeadLetterFactory.create_batch(rows, current=current)
    LedgerEntryFactory.create_batch(1, current=current, count=rows)
    Current.objects.filter(pk=current.pk).update(counted_sequence=1)
    page(client, current)
    for name in ("detail", "state", "live", "hot", "attempts", "dead_letters", "settings"):
        address = reverse(f"currents:{name}", args=["lumen", current.pk])
        with django_assert_max_num_queries(MOST_QUERIES):
            client.get(address, {"was": "refused", "tab": "overview"})
