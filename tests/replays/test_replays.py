"""What a replay sends, what it leaves, and what the ledger says of it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from braze_partners.events import event_log, partitions
from braze_partners.keys.credentials import CredentialUnreadable
from braze_partners.people.profiles import NewPerson, create_profiles, delete_profiles
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import AuditEntry
from currents import dropping, failures, moving, retiring
from currents.errors import LeaseLost
from currents.fates import Fate
from currents.models import Attempt, Current, DeadLetter, DroppedRange
from currents.replays import asking, sending
from currents.replays.asking import Wanted
from currents.replays.errors import NothingToReplay, ReplayRefused
from currents.replays.models import Replay
from currents.states import State
from tests.currents.destination import Event, answer
from tests.currents.factories import EMAIL_OPEN
from tests.currents.world import START, World, event, make_world
from tests.replays.world import Kind, ask, replayed, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

CLICK = "users.messages.email.Click"


@pytest.fixture
def world() -> World:
    partitions.make_ahead(START)
    return make_world()


def refusing(user: str, field: str = "time") -> Callable[[list[Event]], Any]:
    """A destination that never takes this user's events."""

    def reply(events: list[Event]) -> Any:
        named = [place for place, one in enumerate(events) if one.get("user_id") == user]
        if named:
            return answer(400, {"error": "invalid", "events_with_invalid_fields": {field: named}})
        return None

    return reply


def with_dead_letters(world: World, count: int = 3) -> list[str]:
    world.receive(event("good"))
    world.run()
    world.destination.always = refusing("bad")
    dead = world.receive(*(event("bad") for _ in range(count)))
    world.run(seconds=count // 30)
    assert world.fates() == {Fate.DELIVERED: 1, Fate.DEAD: count}
    return dead


def with_dropped(world: World, count: int = 5) -> list[str]:
    world.destination.always = answer(401, {"error": "Unauthorized"})
    dropped = world.receive(*(event(f"user-{n}") for n in range(count)))
    drop_all(world)
    assert world.fates() == {Fate.DROPPED: count, Fate.DELIVERED: 1}
    return dropped


def drop_all(world: World) -> None:
    """What waits is refused until it is dropped; then the key is taken again."""
    world.run()
    for _ in range(13):
        world.pass_time(hours=4)
        failures.sweep(world.now)
        dropping.sweep(world.now)
        world.run()
    assert world.balance().waiting == 0
    world.destination.always = None
    moving.resume(world.fresh(), Actor(), world.now)
    recovered = world.receive(event("later"))
    world.run(seconds=1)
    assert world.fresh().state == State.ACTIVE
    assert world.destination.ids == recovered


def test_dead_letters_are_sent_once_what_was_wrong_is_mended(world: World) -> None:
    dead = with_dead_letters(world)
    world.destination.always = None
    replay = replayed(world, Kind.DEAD_LETTERS)
    assert world.destination.ids[1:] == dead
    assert world.fates() == {Fate.DELIVERED: 1, Fate.RETRIED: 3}
    assert not DeadLetter.objects.exists()
    assert (replay.state, replay.total, replay.delivered, replay.first_delivered) == (
        Replay.State.COMPLETED,
        3,
        3,
        3,
    )
    assert Attempt.objects.latest("pk").kind == Attempt.Kind.REPLAY


def test_what_is_refused_again_stays_a_dead_letter_with_the_new_words(world: World) -> None:
    with_dead_letters(world)
    world.destination.always = refusing("bad", "price")
    replay = replayed(world, Kind.DEAD_LETTERS)
    assert (replay.delivered, replay.dead) == (0, 3)
    assert world.fates() == {Fate.DELIVERED: 1, Fate.DEAD: 3}
    causes = set(DeadLetter.objects.values_list("cause", flat=True))
    assert causes == {"events_with_invalid_fields: price"}


def test_a_group_of_one_cause_is_replayed_by_itself(world: World) -> None:
    with_dead_letters(world, 1)
    world.destination.always = refusing("worse", "price")
    other = world.receive(event("worse"))
    world.run()
    cause = DeadLetter.objects.get(event_id=other[0]).cause
    world.destination.always = None
    replayed(world, Kind.DEAD_LETTERS, cause=cause)
    assert world.destination.ids[-1] == other[0]
    assert world.fates() == {Fate.DELIVERED: 1, Fate.RETRIED: 1, Fate.DEAD: 1}


def test_the_selection_of_now_decides_and_filtered_is_final(world: World) -> None:
    with_dead_letters(world)
    world.destination.always = None
    Current.objects.update(event_types=[CLICK])
    replay = replayed(world, Kind.DEAD_LETTERS)
    assert (replay.delivered, replay.filtered) == (0, 3)
    assert world.fates() == {Fate.DELIVERED: 1, Fate.NOT_SELECTED: 3}
    assert not DeadLetter.objects.exists()


def test_dropped_events_are_sent_while_the_log_has_them(world: World) -> None:
    dropped = with_dropped(world)
    replay = replayed(world, Kind.DROPPED)
    assert sorted(world.destination.ids[1:]) == sorted(dropped)
    assert (replay.delivered, replay.total) == (5, 5)
    assert world.fates() == {Fate.DELIVERED: 1, Fate.RETRIED: 5}
    assert not DroppedRange.objects.exists()


def test_a_dropped_event_that_is_refused_becomes_a_dead_letter(world: World) -> None:
    with_dropped(world)
    world.destination.always = refusing("user-2")
    replayed(world, Kind.DROPPED)
    assert world.fates() == {Fate.DELIVERED: 1, Fate.RETRIED: 4, Fate.DEAD: 1}
    assert DeadLetter.objects.get().identity == "user-2"


def test_delivered_events_of_a_window_count_in_the_replays_own_totals_only(world: World) -> None:
    world.receive(event("before"))
    world.run()
    world.pass_time(hours=1)
    inside = world.receive(event("inside"), event("inside", kind=CLICK))
    world.run()
    world.pass_time(hours=1)
    world.receive(event("after"))
    world.run()
    before = world.fates()
    since = START + timedelta(minutes=30)
    replay = replayed(world, Kind.WINDOW, since=since, until=since + timedelta(hours=1))
    assert {id: n for id, n in world.destination.arrivals.items() if n > 1} == dict.fromkeys(
        inside, 2
    )
    assert world.fates() == before
    assert (replay.total, replay.delivered, replay.first_delivered) == (2, 2, 0)


def test_a_window_of_one_type_leaves_the_others(world: World) -> None:
    world.receive(event("a"))
    click = world.receive(event("a", kind=CLICK))
    world.run()
    replay = replayed(world, Kind.WINDOW, event_types=(CLICK,))
    assert replay.total == 1
    assert [id for id, n in world.destination.arrivals.items() if n > 1] == click


def test_a_window_takes_dead_letters_along_and_leaves_what_waits_or_was_dropped(
    world: World,
) -> None:
    with_dropped(world, 1)
    dead = world.receive(event("bad"))
    world.destination.always = refusing("bad")
    world.run()
    world.destination.always = None
    waiting = world.receive(event("new"))
    replay = ask(world, Kind.WINDOW)
    run(world, replay)
    assert dead[0] in world.destination.ids
    assert waiting[0] not in world.destination.ids
    assert world.fates() == {Fate.DELIVERED: 1, Fate.RETRIED: 1, Fate.DROPPED: 1, Fate.WAITING: 1}


def test_a_backfill_sends_what_came_before_the_launch_and_nothing_else(world: World) -> None:
    moving.pause(world.current, Actor(), world.now)
    early = world.receive(event("a"), event("b"))
    late = make_world(workspace=world.current.workspace, launch_sequence=2, counted_sequence=2)
    late.receive(event("c"))
    late.run()
    assert len(late.destination.ids) == 1
    replay = replayed(late, Kind.BACKFILL)
    assert late.destination.ids[1:] == early
    assert late.fates() == {Fate.DELIVERED: 1}
    assert (replay.total, replay.first_delivered) == (2, 2)


def test_a_paced_device_is_waited_for_and_no_event_counts_twice(world: World) -> None:
    dead = with_dead_letters(world, 70)
    calm = world.receive(*(event(f"calm-{n}") for n in range(3)))
    world.run(seconds=3)
    world.destination.always = None
    world.pass_time(minutes=1)
    replay = run(world, ask(world, Kind.DEAD_LETTERS))
    assert replay.is_running and 0 < replay.delivered < 70
    replay = run(world, replay, seconds=10)
    assert replay.state == Replay.State.COMPLETED
    assert replay.delivered == 70
    assert [world.destination.arrivals[id] for id in dead] == [1] * 70
    assert world.fates() == {Fate.DELIVERED: 1 + len(calm), Fate.RETRIED: 70}


def test_an_id_over_its_quota_is_left_for_another_day(world: World) -> None:
    with_dead_letters(world, 2)
    world.destination.always = lambda events: (
        answer(429, {"exceeded_daily_quota_users": {"bad": 500_001}})
        if any(one.get("user_id") == "bad" for one in events)
        else None
    )
    replay = replayed(world, Kind.DEAD_LETTERS)
    assert (replay.state, replay.left) == (Replay.State.COMPLETED, 2)
    assert world.fates() == {Fate.DELIVERED: 1, Fate.DEAD: 2}
    assert DeadLetter.objects.count() == 2


def test_who_is_over_a_quota_stays_dropped_while_others_are_paced(world: World) -> None:
    """What is left must not be lost with the range that the replay has passed."""
    world.destination.always = answer(401, {"error": "Unauthorized"})
    world.receive(*(event("fast") for _ in range(40)), event("over"))
    drop_all(world)
    assert world.fates()[Fate.DROPPED] == 41
    world.destination.always = lambda events: (
        answer(429, {"exceeded_daily_quota_users": {"over": 500_001}})
        if any(one.get("user_id") == "over" for one in events)
        else None
    )
    replay = run(world, ask(world, Kind.DROPPED), seconds=60)
    assert (replay.state, replay.delivered, replay.left) == (Replay.State.COMPLETED, 40, 1)
    assert world.fates()[Fate.DROPPED] == 1
    (left,) = DroppedRange.objects.all()
    assert (left.identity, left.count) == ("over", 1)


def test_what_left_the_log_since_the_start_is_counted_once(world: World) -> None:
    with_dead_letters(world, 40)
    world.destination.always = None
    replay = ask(world, Kind.DEAD_LETTERS)
    letters = DeadLetter.objects.order_by("-sequence")
    gone = [letters[0].sequence, letters[1].sequence]  # behind those that are paced
    world.pass_time(minutes=1)
    read = event_log.at

    def without(workspace_id: int, sequences: Any) -> list[event_log.Found]:
        return [one for one in read(workspace_id, sequences) if one[0] not in gone]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(event_log, "at", without)
        replay = run(world, replay, seconds=10)
    assert (replay.state, replay.gone, replay.delivered) == (Replay.State.COMPLETED, 2, 38)


def test_halves_follow_each_other_without_a_wait(world: World) -> None:
    world.destination.always = lambda events: answer(
        400, {"error": "x", "events_with_invalid_fields": {"time": list(range(len(events)))}}
    )
    world.receive(*(event(f"user-{n}") for n in range(20)))
    world.run()
    assert world.fates() == {Fate.DEAD: 20}
    world.destination.always = lambda events: answer(413, {}) if len(events) > 3 else None
    replay = replayed(world, Kind.DEAD_LETTERS)
    assert (replay.state, replay.delivered) == (Replay.State.COMPLETED, 20)


def test_a_deleted_current_ends_its_replay(world: World) -> None:
    with_dead_letters(world)
    replay = ask(world, Kind.DEAD_LETTERS)
    moving.delete(world.fresh(), Actor(), world.now)
    assert run(world, replay).state == Replay.State.CANCELLED


def test_a_key_that_can_not_be_read_is_tried_again_later_and_seldom(world: World) -> None:
    with_dead_letters(world)
    replay = ask(world, Kind.DEAD_LETTERS)
    Current.objects.update(api_key=b"unreadable")
    with pytest.raises(CredentialUnreadable):
        run(world, replay)
    replay.refresh_from_db()
    assert replay.is_running and sending.due(world.now + timedelta(seconds=30)) == []


def test_it_backs_off_while_amplitude_is_down_and_goes_on_by_itself(world: World) -> None:
    dead = with_dead_letters(world)
    world.destination.always = answer(503, b"")
    replay = replayed(world, Kind.DEAD_LETTERS)
    assert replay.is_running and replay.failures == 1 and replay.due_at is not None
    world.destination.always = None
    replay = run(world, replay, seconds=60)
    assert (replay.delivered, replay.failures, replay.words) == (3, 0, "")
    assert world.destination.ids[1:] == dead


def test_it_waits_while_its_current_is_paused(world: World) -> None:
    with_dead_letters(world)
    world.destination.always = None
    replay = ask(world, Kind.DEAD_LETTERS)
    moving.pause(world.fresh(), Actor(), world.now)
    run(world, replay, seconds=30)
    assert len(world.destination.ids) == 1
    moving.resume(world.fresh(), Actor(), world.now)
    assert run(world, replay, seconds=30).state == Replay.State.COMPLETED


def test_a_second_replay_waits_for_the_first_to_end(world: World) -> None:
    with_dead_letters(world)
    first = ask(world, Kind.DEAD_LETTERS)
    with pytest.raises(ReplayRefused) as refused:
        ask(world, Kind.WINDOW)
    assert "running already" in str(refused.value)
    assert asking.cancel(first, Actor(), world.now)
    assert not asking.cancel(first, Actor(), world.now)
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-2:] == ["current.replayed", "current.replay_cancelled"]


def test_a_replay_that_is_cancelled_in_the_middle_of_a_request_writes_nothing_more(
    world: World,
) -> None:
    with_dead_letters(world)
    replay = ask(world, Kind.DEAD_LETTERS)

    def cancelled_meanwhile(events: list[Event]) -> Any:
        asking.cancel(replay, Actor(), world.now)
        return None

    world.destination.always = cancelled_meanwhile
    replay = run(world, replay)
    assert (replay.state, replay.delivered) == (Replay.State.CANCELLED, 0)
    assert world.fates() == {Fate.DELIVERED: 1, Fate.DEAD: 3}


def test_a_worker_killed_before_it_settles_costs_a_repeat_and_no_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = with_dead_letters(world)
    world.destination.always = None
    replay = ask(world, Kind.DEAD_LETTERS)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(sending.settling, "settle", killed)
        patched.setattr(sending.settling, "held", lambda _: Replay.objects.none())
        patched.setattr(sending, "_renew", lambda _replay, now: now)
        sending.run(replay.pk, world.clock, world.destination)
    assert sending.due(world.now) == []  # its lease still stands
    replay = run(world, replay, seconds=120)
    assert replay.delivered == 3
    assert [world.destination.arrivals[id] for id in dead] == [2, 2, 2]
    assert world.fates() == {Fate.DELIVERED: 1, Fate.RETRIED: 3}


def test_who_has_lost_the_lease_writes_nothing(world: World) -> None:
    with_dead_letters(world)
    replay = ask(world, Kind.DEAD_LETTERS)
    taken = sending._take(replay.pk, world.now)
    assert taken is not None
    Replay.objects.update(lease_token="another")
    with pytest.raises(LeaseLost):
        sending.step(taken, world.clock, world.destination)
    assert world.fates() == {Fate.DELIVERED: 1, Fate.DEAD: 3}


def test_what_retention_has_taken_is_said_and_can_not_be_sent(world: World) -> None:
    with_dead_letters(world)
    world.pass_time(days=9)
    retiring.retire(world.now)
    assert event_log.oldest(world.current.workspace_id) is None
    counted = asking.count(world.fresh(), Wanted(Kind.DEAD_LETTERS))
    assert (counted.events, counted.gone) == (0, 3)
    with pytest.raises(NothingToReplay) as refused:
        ask(world, Kind.DEAD_LETTERS)
    assert "no longer holds" in str(refused.value)


def test_a_deleted_persons_events_are_never_replayed(world: World) -> None:
    with_dead_letters(world)
    world.destination.always = None
    person = create_profiles(world.current.workspace_id, [NewPerson(external_id="bad")], world.now)
    delete_profiles(world.current.workspace_id, person, world.now)
    replay = replayed(world, Kind.DEAD_LETTERS)
    assert (replay.delivered, replay.filtered) == (0, 3)
    assert world.fates() == {Fate.DELIVERED: 1, Fate.DELETED: 3}


def test_nothing_to_replay_is_said(world: World) -> None:
    with pytest.raises(NothingToReplay):
        ask(world, Kind.DEAD_LETTERS)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted("everything"), "kind"),
        (Wanted(Kind.WINDOW, event_types=("users.nobody.knows",)), "event_types"),
        (Wanted(Kind.DROPPED, event_types=(EMAIL_OPEN,)), "event_types"),
        (Wanted(Kind.WINDOW, since=START, until=START), "until"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(
    world: World, wanted: Wanted, field: str
) -> None:
    with pytest.raises(ReplayRefused) as refused:
        asking.count(world.current, wanted)
    assert list(refused.value.problems) == [field]
