"""Many clients track the same people at once, over real connections."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from braze_partners.events import deletion, event_log
from braze_partners.people import numbers, profiles
from braze_partners.people.models import AttributeValue, Profile
from braze_partners.people.profiles import NewPerson
from braze_partners.people.upserts import upsert
from tests.events.tracker import Tracker, a_purchase, an_event, make_tracker

pytestmark = [pytest.mark.embedded, pytest.mark.django_db(transaction=True)]

CLIENTS = 8
REQUESTS = 8
NOW = datetime(2026, 5, 11, 3, 18, tzinfo=UTC)


def all_at_once(tracker: Tracker, act: Callable[[Tracker, random.Random], Any]) -> list[Any]:
    """What each client's act gave, each in a thread with a connection of its own."""

    def run(seed: int) -> Any:
        try:
            client = Tracker(tracker.workspace, type(tracker.client)())
            return act(client, random.Random(seed))
        finally:
            connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(run, range(CLIENTS)))


def test_two_requests_for_one_new_person_make_one() -> None:
    tracker = make_tracker()
    alias = {"alias_label": "crm", "alias_name": "a"}

    def act(client: Tracker, chance: random.Random) -> None:
        names: list[dict[str, Any]] = [
            {"external_id": "u1"},
            {"email": "a@x.org"},
            {"phone": "+33612345678"},
            {"device_id": "d1"},
            {"user_alias": alias, "_update_existing_only": False},
        ]
        chance.shuffle(names)
        client.told(
            attributes=[{**who, f"new_{n}": 1} for n, who in enumerate(names)],
            events=[{**an_event(external_id=None), **who} for who in names],
        )

    all_at_once(tracker, act)
    assert Profile.objects.count() == 5
    universe = numbers.universe(tracker.workspace.pk)
    assert universe.size == universe.next == 5
    assert len(tracker.log()) == CLIENTS * 5


def test_no_increment_and_no_element_is_lost_whatever_the_order() -> None:
    """Requests name the same people in different orders, which must never wait in a ring."""
    tracker = make_tracker()
    people = [f"u{n}" for n in range(6)]

    def act(client: Tracker, chance: random.Random) -> Counter[str]:
        counted: Counter[str] = Counter()
        mark = f"client-{chance.random()}"
        for step in range(REQUESTS):
            named = chance.sample(people, 4)
            counted.update(named)
            client.told(
                attributes=[
                    {
                        "external_id": who,
                        "visits": {"inc": 1},
                        "seen": {"add": [f"{mark}-{step}"]},
                        f"own_{chance.randint(0, 9)}": True,
                        "first_name": mark,
                    }
                    for who in named
                ],
                events=[an_event(external_id=who) for who in chance.sample(people, 3)],
            )
        return counted

    counted = sum(all_at_once(tracker, act), Counter[str]())
    for who in people:
        kept = tracker.attributes(who)
        assert kept["visits"] == len(kept["seen"]) == len(set(kept["seen"])) == counted[who]
    assert len(tracker.log()) == CLIENTS * REQUESTS * 3


def test_a_file_of_people_is_imported_while_they_are_tracked() -> None:
    tracker = make_tracker()
    people = [f"u{n}" for n in range(20)]

    def act(client: Tracker, chance: random.Random) -> None:
        for _ in range(REQUESTS):
            named = chance.sample(people, 10)
            if chance.random() < 0.3:
                told = [NewPerson(who, attributes={"plan": "gold"}) for who in named]
                upsert(tracker.workspace.pk, told, NOW)
            else:
                client.told(attributes=[{"external_id": who, "n": {"inc": 1}} for who in named])

    all_at_once(tracker, act)
    universe = numbers.universe(tracker.workspace.pk)
    assert universe.size == universe.next == Profile.objects.count() == 20


def test_people_are_deleted_while_they_are_tracked() -> None:
    """Whoever was deleted is gone with everything known of them, or was made anew since."""
    tracker = make_tracker()
    people = [f"u{n}" for n in range(8)]

    def act(client: Tracker, chance: random.Random) -> None:
        for _ in range(REQUESTS):
            if chance.random() < 0.4:
                found = list(Profile.objects.values_list("number", flat=True))
                gone = chance.sample(found, min(3, len(found)))
                profiles.delete_profiles(tracker.workspace.pk, gone, NOW)
            else:
                named = chance.sample(people, 5)
                client.told(
                    attributes=[{"external_id": who, "n": {"inc": 1}} for who in named],
                    events=[an_event(external_id=who) for who in reversed(named)],
                    purchases=[a_purchase(external_id=who, quantity=2) for who in named],
                )

    all_at_once(tracker, act)
    assert numbers.universe(tracker.workspace.pk).size == Profile.objects.count()
    alive = set(Profile.objects.values_list("pk", flat=True))
    assert set(AttributeValue.objects.values_list("profile_id", flat=True)) <= alive
    events = tracker.log()
    assert len(events) % 15 == 0
    known = dict(Profile.objects.values_list("external_id", "braze_id"))
    last = {record.external_user_id: record.user_id for record in events}
    assert all(last[who] == braze_id for who, braze_id in known.items())
    buried = deletion.tombstones(tracker.workspace.pk, people)
    for batch in event_log.read(tracker.workspace.pk, 0, limit_events=100_000):
        for record in batch.records:
            sequence = batch.first_sequence + record.index
            who = str(record.external_user_id)
            assert who in known or sequence < buried[who], "an event of nobody is not deleted"
            if sequence >= buried.get(who, 0):
                assert record.user_id == known[who], "an event of the deleted outlives them"


def test_an_attribute_named_at_once_with_two_types_has_one() -> None:
    tracker = make_tracker()

    def act(client: Tracker, chance: random.Random) -> list[int]:
        statuses = []
        for name in range(10):
            value: Any = chance.choice(["gold", 5, True])
            told = {"external_id": f"u{chance.random()}", f"a{name}": value}
            statuses.append(client.track(attributes=[told]).status_code)
        return statuses

    statuses = [status for each in all_at_once(tracker, act) for status in each]
    assert set(statuses) <= {201, 400}
    assert AttributeValue.objects.count() == Profile.objects.count() == statuses.count(201)
    for value in AttributeValue.objects.select_related("attribute"):
        assert value.value is not None
