"""What each answer of Amplitude does to the events of a claim (wire/amplitude-http-v2.md)."""

from __future__ import annotations

import pytest

from braze_partners.keys import credentials
from braze_partners.partners.amplitude.exchange import Trouble
from currents.fates import Fate
from currents.models import Attempt, DeadLetter, Hold
from currents.states import State
from tests.currents.destination import answer, down
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture
def world() -> World:
    return make_world()


def test_what_was_received_is_in_amplitude_once_and_in_order(world: World) -> None:
    received = world.receive(*(event(f"user-{n % 70}") for n in range(500)))
    world.run()
    assert sorted(world.destination.ids) == sorted(received)
    assert set(world.destination.arrivals.values()) == {1}
    for user in {f"user-{n}" for n in range(70)}:
        of_user = [i for i, e in world.destination.events.items() if e["user_id"] == user]
        assert of_user == [i for i in received if i in set(of_user)]
    assert world.fates() == {Fate.DELIVERED: 500}


def test_little_traffic_makes_one_request(world: World) -> None:
    world.receive(*(event(f"user-{n}") for n in range(30)))
    world.run()
    assert len(world.destination.requests) == 1


def test_nothing_is_sent_twice_when_nothing_new_came(world: World) -> None:
    world.receive(event())
    world.run()
    world.run(seconds=5)
    assert len(world.destination.requests) == 1


def test_what_was_not_chosen_or_has_no_identity_gets_its_fate_without_a_request() -> None:
    world = make_world(event_types=["users.messages.email.Send"], include_anonymous=False)
    world.receive(
        event(),
        event(kind="users.nobody.knows"),
        event(None, kind="users.messages.email.Send"),
        event(None, device="phone-1", kind="users.messages.email.Send"),
        event("null", kind="users.messages.email.Send"),
    )
    world.run()
    assert world.destination.requests == []
    assert world.fates() == {
        Fate.NOT_SELECTED: 1,
        Fate.UNKNOWN_TYPE: 1,
        Fate.NO_IDENTITY: 1,
        Fate.ANONYMOUS: 1,
        Fate.INVALID_ID: 1,
    }


def test_a_400_that_names_events_makes_them_dead_letters_and_sends_the_rest(world: World) -> None:
    received = world.receive(*(event(f"user-{n}") for n in range(5)))
    world.destination.first = [
        answer(400, {"error": "x", "events_with_invalid_fields": {"time": [2]}}),
        answer(400, {"error": "x", "events_with_missing_fields": {"event_type": [0]}}),
    ]
    world.run()
    assert world.destination.ids == [received[1], received[3], received[4]]
    causes = dict(DeadLetter.objects.values_list("event_id", "cause"))
    assert causes == {
        received[2]: "events_with_invalid_fields: time",
        received[0]: "events_with_missing_fields: event_type",
    }
    assert world.fates() == {Fate.DEAD: 2, Fate.RETRIED: 3}


def test_a_hundred_bad_events_named_one_at_a_time_all_come_out(world: World) -> None:
    received = world.receive(*(event(f"user-{n}") for n in range(200)))
    bad = set(received[::2])

    def first_bad(events: list[dict[str, object]]) -> object:
        named = [n for n, one in enumerate(events) if one["insert_id"] in bad]
        body = {"error": "x", "events_with_invalid_fields": {"time": named[:1]}}
        return answer(400, body) if named else None

    world.destination.always = first_bad  # type: ignore[assignment]
    world.run()
    assert set(world.destination.ids) == set(received) - bad
    assert world.balance().dead_lettered == 100
    assert DeadLetter.objects.count() == 100


def test_silenced_devices_are_dead_letters(world: World) -> None:
    received = world.receive(event(device="d1"), event(device="d2"), event(device="d1"))
    body = {"error": "Events silenced for device_id", "silenced_devices": ["d1"]}
    world.destination.first = [answer(400, {**body, "silenced_events": [0]})]
    world.run()
    assert world.destination.ids == [received[1]]
    assert set(DeadLetter.objects.values_list("cause", flat=True)) == {body["error"]}


def test_a_413_splits_down_to_one_event(world: World) -> None:
    received = world.receive(*(event(f"user-{n}") for n in range(8)))

    def too_large(events: list[dict[str, object]]) -> object:
        big = any(one["insert_id"] == received[5] for one in events)
        return answer(413, {"error": "Payload too large"}) if big else None

    world.destination.always = too_large  # type: ignore[assignment]
    world.run()
    assert set(world.destination.ids) == set(received) - {received[5]}
    letter = DeadLetter.objects.get()
    assert (letter.event_id, letter.cause, letter.status) == (received[5], "Payload too large", 413)
    assert 0 < world.fresh().request_bytes < 999_999


def test_a_429_pauses_the_named_device_for_thirty_seconds_and_nobody_else(world: World) -> None:
    received = world.receive(event("a", device="hot"), event("b"), event("a", device="hot"))
    body = {"error": "x", "throttled_devices": {"hot": 31}, "throttled_events": [0, 2]}
    world.destination.first = [answer(429, body)]
    world.run(seconds=20)
    assert world.destination.ids == [received[1]]
    hold = Hold.objects.get()
    assert (hold.identity, hold.reason, hold.waiting) == ("a", Hold.Reason.THROTTLED, 2)
    assert world.balance().waiting == 2
    late = world.receive(event("a", device="hot"))
    world.run(seconds=40)
    assert world.destination.ids == [received[1], received[0], received[2], *late]
    assert not Hold.objects.exists()
    assert world.balance().delivered == 4


def test_a_429_for_a_quota_waits_for_a_day(world: World) -> None:
    world.receive(event("a", device="hot"))
    body = {"error": "x", "exceeded_daily_quota_devices": {"hot": 500_001}}
    world.destination.first = [answer(429, body)]
    world.run(seconds=60)
    assert Hold.objects.get().reason == Hold.Reason.QUOTA
    world.pass_time(hours=24)
    world.run()
    assert world.balance().delivered == 1


def test_a_429_that_names_nobody_pauses_everything(world: World) -> None:
    world.receive(event())
    world.destination.first = [answer(429, {"error": "Too many requests"})]
    world.run(seconds=20)
    assert len(world.destination.requests) == 1
    assert world.fresh().state == State.ACTIVE
    world.run(seconds=20)
    assert world.balance().delivered == 1


@pytest.mark.parametrize(
    "trouble",
    [
        *(answer(status, b"<html>") for status in (500, 502, 503, 504)),
        answer(200, b"<html>hotel portal</html>"),
        *(down(kind) for kind in Trouble if kind.value in ("timeout", "connection", "dns")),
    ],
    ids=str,
)
def test_an_outage_is_tried_again_until_it_is_over(world: World, trouble: object) -> None:
    received = world.receive(*(event(f"user-{n}") for n in range(3)))
    world.destination.first = [trouble, trouble]  # type: ignore[list-item]
    world.run()
    assert world.fresh().state == State.FAILING
    assert world.balance().waiting == 3
    world.run(seconds=10)
    assert world.fresh().state == State.ACTIVE
    assert world.destination.ids == received
    assert world.fates() == {Fate.RETRIED: 3}
    assert Attempt.objects.count() == 3


def test_a_404_for_a_day_makes_the_batch_dead_letters(world: World) -> None:
    world.receive(event(), event("b"))
    world.destination.always = answer(404, b"<html>nothing here</html>")
    world.run(seconds=60)
    assert world.balance().waiting == 2
    world.pass_time(hours=24)
    world.run()
    assert world.fates() == {Fate.DEAD: 2}
    assert set(DeadLetter.objects.values_list("status", flat=True)) == {404}


def test_fewer_ingested_than_sent_counts_as_delivered_with_a_warning(world: World) -> None:
    world.receive(event(), event("b"))
    world.destination.first = [answer(200, {"events_ingested": 1})]
    world.run()
    assert world.balance().delivered == 2
    assert "1 of 2" in Attempt.objects.get().warning


def test_the_attempt_shows_no_key(world: World) -> None:
    world.receive(event())
    world.run()
    attempt = Attempt.objects.get()
    key = credentials.decrypt(world.current.api_key or b"")
    assert key.encode() in world.destination.bodies[0]
    assert key not in attempt.request
    assert '"event_type"' in attempt.request
