"""What became of single events at each Current agrees with what was counted and is told."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from braze_partners.events import deletion, event_log
from braze_partners.events.event_log import Found
from currents import dropping, failures, verdict_words, verdicts
from currents.fates import Fate
from currents.states import State
from currents.verdicts import Outcome, VerdictAt
from tests.currents.destination import answer
from tests.currents.factories import EMAIL_OPEN, CurrentFactory
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

UNCHOSEN = "users.messages.email.Send"


def logged(world: World) -> list[Found]:
    return [
        (batch.first_sequence + record.index, batch.received_at, record)
        for batch in event_log.read(world.current.workspace_id, 0, limit_events=1_000)
        for record in batch.records
    ]


def told(world: World) -> dict[str, VerdictAt]:
    """By event id, the verdict of the world's own Current."""
    events = logged(world)
    found, _ = verdicts.on_events(world.current.workspace, events, 5)
    mine = {
        record.id: next(one for one in each if one.current == world.current)
        for each, (_, _, record) in zip(found, events, strict=True)
    }
    for one in mine.values():
        assert verdict_words.tell(one, world.now).sentence
    return mine


def outcomes(world: World) -> Counter[Outcome]:
    return Counter(one.outcome for one in told(world).values())


def settle_settings(world: World) -> None:
    """As if nobody had touched the Current since before the first event."""
    world.current.changed_at = world.now - timedelta(days=1)
    world.current.save(update_fields=["changed_at"])


@pytest.fixture
def world() -> World:
    made = make_world(event_types=[EMAIL_OPEN], include_anonymous=False)
    settle_settings(made)
    return made


def test_sent_filtered_and_waiting_events_agree_with_the_ledger(world: World) -> None:
    sent, unchosen, nobody, nameless, never = world.receive(
        event("ada"),
        event("ada", kind=UNCHOSEN),
        event(None),
        event(None, device="phone"),
        event("null"),
    )
    world.run()
    (unknown,) = world.receive(event("ada", kind="users.behaviors.Nap"))
    (waits,) = world.receive(event("bob"))
    found = told(world)
    assert found[sent].outcome is Outcome.SENT and not found[sent].settings_since
    fates = {
        unchosen: Fate.NOT_SELECTED,
        nobody: Fate.NO_IDENTITY,
        nameless: Fate.ANONYMOUS,
        never: Fate.INVALID_ID,
        unknown: Fate.UNKNOWN_TYPE,
    }
    assert {id: found[id].fate for id in fates} == fates
    assert found[waits].outcome is Outcome.WAITING
    world.run()
    assert told(world)[waits].outcome is Outcome.SENT
    assert world.balance().delivered == 2


def test_a_held_event_says_until_when_and_those_behind_it_too(world: World) -> None:
    body = {"error": "x", "throttled_users": {"ada": 31}}
    world.destination.first = [answer(429, body)]
    first, other = world.receive(event("ada"), event("bob"))
    world.run()
    (behind,) = world.receive(event("ada"))
    found = told(world)
    assert found[first].outcome is found[behind].outcome is Outcome.HELD
    assert "throttles this user or device" in verdict_words.sentence(found[first], world.now)
    assert found[other].outcome is Outcome.SENT
    world.run(seconds=90)
    assert outcomes(world) == {Outcome.SENT: 3}


def test_a_dead_letter_has_amplitudes_words_and_our_hint(world: World) -> None:
    body = {"error": "x", "events_with_invalid_fields": {"time": [0]}}
    world.destination.first = [answer(400, body)]
    dead, _ = world.receive(event("ada"), event("bob"))
    world.run(seconds=30)
    verdict = told(world)[dead]
    words = verdict_words.tell(verdict, world.now)
    assert verdict.outcome is Outcome.DEAD and "time" in words.quote
    assert "Mend the sender" in words.sentence


def test_a_refused_key_makes_events_wait_and_then_drop(world: World) -> None:
    world.destination.always = answer(400, {"error": "Invalid API key: 91c2"})
    (old,) = world.receive(event("ada"))
    (unchosen,) = world.receive(event("ada", kind=UNCHOSEN))
    world.run()
    assert world.fresh().state == State.STOPPED
    waiting = told(world)[old]
    assert waiting.outcome is Outcome.WAITING
    assert "waits for another one" in verdict_words.sentence(waiting, world.now)
    for _ in range(12):
        world.pass_time(hours=5)
        failures.sweep(world.now)
        dropping.sweep(world.now)
        world.run()
    found = told(world)
    assert (found[old].outcome, found[old].fate) == (Outcome.DROPPED, Fate.DROPPED)
    assert found[unchosen].outcome is Outcome.FILTERED


def test_settings_that_changed_since_are_said(world: World) -> None:
    sent, unchosen = world.receive(event("ada"), event("ada", kind=UNCHOSEN))
    world.run()
    world.current.event_types = [UNCHOSEN]
    world.current.changed_at = world.now + timedelta(hours=1)
    world.current.save()
    found = told(world)
    assert found[sent].outcome is Outcome.FILTERED and found[sent].settings_since
    assert "if they selected it then, it was sent" in verdict_words.sentence(found[sent], world.now)
    assert found[unchosen].outcome is Outcome.SENT and found[unchosen].settings_since
    assert "if they left it out then" in verdict_words.sentence(found[unchosen], world.now)


def test_events_before_the_launch_and_of_the_deleted_are_not_sent(world: World) -> None:
    early, gone = world.receive(event("ada"), event("bob"))
    later = CurrentFactory.create(
        workspace=world.current.workspace, name="Z", launch_sequence=2, event_types=[EMAIL_OPEN]
    )
    deletion.bury(None, world.current.workspace_id, ["bob"], world.now)
    assert told(world)[gone].fate == Fate.DELETED
    at_later = verdicts.on_events(world.current.workspace, logged(world), 5)[0][0][1]
    assert at_later.current == later and at_later.outcome is Outcome.BEFORE_LAUNCH
    assert told(world)[early].outcome is Outcome.WAITING


def test_drafts_deleted_ones_and_other_workspaces_say_nothing(world: World) -> None:
    CurrentFactory.create(workspace=world.current.workspace, draft=True)
    CurrentFactory.create(workspace=world.current.workspace, state=State.DELETED)
    CurrentFactory.create()
    world.receive(event("ada"))
    ((only,),), more = verdicts.on_events(world.current.workspace, logged(world), 5)
    assert only.current == world.current and more == 0


def test_it_costs_the_same_statements_with_many_currents_and_events(world: World) -> None:
    for _ in range(8):
        CurrentFactory.create(workspace=world.current.workspace)
    world.receive(*[event(f"u{n}") for n in range(30)])
    events = logged(world)
    with CaptureQueriesContext(connection) as queries:
        found, more = verdicts.on_events(world.current.workspace, events, 6)
    assert len(queries) <= 6 and more == 3
    assert {len(each) for each in found} == {6}
