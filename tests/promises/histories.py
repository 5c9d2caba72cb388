"""One machine for any history: two workspaces, three Currents and one Amplitude project; events,
answers, people and deaths in whatever order a test gives them. It notes each event's fate when it
is committed, and compares in the end. Time is passed in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
from django.db import connection

from braze_partners.events import event_log, intake
from braze_partners.events.intake import IncomingEvent
from braze_partners.keys import credentials
from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure
from braze_partners.partners.amplitude.project import project_of
from braze_partners.workspaces.audit import Actor
from currents import claiming, dropping, failures, ledger, moving
from currents.claiming import Claimed
from currents.delivery import Answered, deliver
from currents.errors import LeaseLost, MoveRefused
from currents.fates import FILTERED, Fate
from currents.models import (
    CredentialFailure,
    Current,
    DeadLetter,
    DroppedRange,
    FailureMail,
    Hold,
    Lane,
)
from currents.plan import credentials_window
from currents.reading import Prepared, prepare
from currents.settling import Settlement, settle
from currents.states import SENDING, State
from tests.currents import truth
from tests.currents.destination import Event, answer
from tests.currents.factories import EMAIL_OPEN, CurrentFactory
from tests.currents.world import START
from tests.workspaces.factories import WorkspaceFactory

CUSTOM = "users.behaviors.CustomEvent"
UNCHOSEN = "users.messages.email.Send"
Reply = Callable[[list[Event]], Answer | NetworkFailure | None]
SECONDS = 20.0  # that a request may take


@dataclass
class Flight:
    """A claim as far as its worker has come with it."""

    claimed: Claimed
    prepared: Prepared | None = None
    answered: Answered | None = None


@dataclass
class Seen:
    """What is known of one Current from outside of it."""

    current: Current
    fates: dict[int, Fate] = field(default_factory=dict)
    arrived: dict[str, int] = field(default_factory=dict)  # insert id -> how many came before
    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)  # named in a 400 at least once
    selections: list[frozenset[str]] = field(default_factory=list)
    anonymous: set[bool] = field(default_factory=lambda: {True})


class History:
    def __init__(self, key: str) -> None:
        self.now: datetime = START
        self.latest: datetime = START
        self.keys = [key, key[::-1]]
        self.refused_keys: set[str] = set()
        self.ids: dict[int, dict[str, int]] = defaultdict(dict)  # by workspace: id -> sequence
        self.number = 0
        workspaces = [WorkspaceFactory.create(), WorkspaceFactory.create()]
        self.seen: list[Seen] = []
        for place in (0, 0, 1):
            current = CurrentFactory.create(
                workspace=workspaces[place], plain_key=key, event_types=[EMAIL_OPEN, CUSTOM]
            )
            self.seen.append(Seen(current, selections=[frozenset(current.event_types)]))
        self.by_pk = {seen.current.pk: seen for seen in self.seen}
        self.workspaces = [one.pk for one in workspaces]
        self.flights: list[Flight] = []
        self._settle, dropping.settle = dropping.settle, self.settle  # type: ignore[assignment]

    # What happens outside

    def receive(self, place: int, shapes: list[tuple[str | None, str | None, str, bool]]) -> None:
        """(user, device, event type, with a name)"""
        events = []
        for user, device, kind, named in shapes:
            self.number += 1
            properties = {"name": "walk"} if named else {"campaign_id": "c"}
            body = orjson.dumps(properties)
            events.append(
                IncomingEvent(kind, f"e{self.number}", 1_700_000_000_000, user, device, None, body)
            )
        accepted = intake.accept(self.workspaces[place], events, self.now)
        for index, event in enumerate(events):
            self.ids[self.workspaces[place]][event.id] = accepted.first_sequence + index

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.latest = max(self.latest, self.now)

    def clock(self) -> datetime:
        return self.now

    def send(self, pk: int, reply: Reply, region: str, body: bytes, seconds: float) -> Any:
        assert not connection.in_atomic_block, "a transaction is open during a call"
        content = orjson.loads(body)
        events: list[Event] = content["events"]
        if content["api_key"] in self.refused_keys:
            return answer(400, {"error": "Invalid API key: x"})
        given = reply(events)
        seen = self.by_pk[pk]
        if given is None:
            self.ingest(seen, events)
            seen.acknowledged.update(one["insert_id"] for one in events)
            return answer(200, {"events_ingested": len(events)})
        if isinstance(given, Answer) and given.status == 502:  # ingested, though not told so
            self.ingest(seen, events)
        if isinstance(given, Answer) and given.status in (400, 413):
            seen.refused.update(one["insert_id"] for one in events)
        return given

    def ingest(self, seen: Seen, events: list[Event]) -> None:
        known = self.ids[seen.current.workspace_id]
        for event in events:
            assert event["insert_id"] in known, "an event of another workspace"
            seen.arrived.setdefault(event["insert_id"], len(seen.arrived))

    # What workers do

    def claim(self) -> Flight | None:
        claimed = claiming.claim(8, self.now)
        return Flight(claimed) if claimed else None

    def go_on(self, flight: Flight, reply: Reply) -> bool:
        """Its next phase; False when it has ended."""
        pk = flight.claimed.plan.current_id
        if flight.prepared is None:
            flight.prepared = prepare(flight.claimed, self.now)
            return True
        try:
            if flight.answered is None:
                renew = partial(claiming.renew, flight.claimed)
                send = partial(self.send, pk, reply)
                flight.answered = deliver(flight.prepared, self.clock, send, SECONDS, renew)
                return True
            self.settle(flight.answered, self.now)
        except LeaseLost:
            pass
        return False

    def work(self, reply: Reply) -> bool:
        flight = self.claim()
        while flight is not None and self.go_on(flight, reply):
            pass
        return flight is not None

    def settle(self, answered: Answered, now: datetime) -> Settlement:
        """The engine's own, and each fate noted where it was committed."""
        made = settle(answered, now)
        seen = self.by_pk[answered.prepared.claimed.plan.current_id]
        decided = [(item.sequence, Fate.DELIVERED) for item in made.delivered]
        decided += [(item.sequence, Fate.DEAD) for item, _, _ in made.dead]
        decided += [(one.sequence, one.fate) for one in made.verdicts]
        for sequence, fate in decided:
            assert sequence not in seen.fates, f"{sequence} was {seen.fates[sequence]}, now {fate}"
            seen.fates[sequence] = fate
        return made

    def sweep(self) -> None:
        failures.sweep(self.now)
        dropping.sweep(self.now)
        ledger.count_behind()

    # What people do

    def act(self, place: int, what: Callable[[Current, Actor, datetime], None]) -> None:
        try:
            what(self.fresh(place), Actor(), self.now)
        except MoveRefused:
            pass

    def fresh(self, place: int) -> Current:
        return Current.objects.select_related("workspace").get(pk=self.seen[place].current.pk)

    def choose(self, place: int, types: frozenset[str], anonymous: bool) -> None:
        seen = self.seen[place]
        seen.selections.append(types)
        seen.anonymous.add(anonymous)
        Current.objects.filter(pk=seen.current.pk).update(
            event_types=sorted(types), include_anonymous=anonymous
        )

    def enter_key(self, place: int, key: str) -> None:
        current = self.fresh(place)
        if current.state != State.DELETED:
            Current.objects.filter(pk=current.pk).update(
                api_key=credentials.encrypt(key),
                project=project_of(current.region, key),
                due_at=self.now,
            )

    # The end

    def recover(self) -> None:
        """Everything works again, one more event comes and a day passes: nothing may be left
        waiting. (Without that event, one that stopped would have nothing to try with.)"""
        self.flights.clear()
        self.refused_keys.clear()
        for place in range(len(self.seen)):
            self.act(place, moving.resume)
            self.choose(place, frozenset({EMAIL_OPEN, CUSTOM}), anonymous=True)
        for place in range(len(self.workspaces)):
            self.receive(place, [("last", None, EMAIL_OPEN, False)])
        for seconds in [1] * 45 + [30] * 24:
            self.run()
            self.pass_time(seconds)
        self.run()
        self.check_that_only_quotas_wait()
        self.pass_time(24 * 3600)
        for _ in range(90):
            self.run()
            self.pass_time(1)

    def run(self) -> None:
        for _ in range(200):
            if not self.work(lambda events: None):
                return
        raise AssertionError("still something to do")

    def check_that_only_quotas_wait(self) -> None:
        for seen in self.sending():
            left = Hold.objects.filter(current=seen.current).exclude(reason=Hold.Reason.QUOTA)
            held = Hold.objects.filter(current=seen.current, reason=Hold.Reason.QUOTA)
            waiting = ledger.balance(seen.current.pk).waiting
            assert not left.exists(), list(left.values())
            assert waiting == sum(held.values_list("waiting", flat=True)), "stuck"

    def sending(self) -> list[Seen]:
        rows = Current.objects.filter(state__in=SENDING).values_list("pk", flat=True)
        sending = set(rows)
        return [seen for seen in self.seen if seen.current.pk in sending]

    def check(self) -> None:
        sending = self.sending()
        for seen in self.seen:
            if seen in sending:
                assert Current.objects.get(pk=seen.current.pk).state == State.ACTIVE
                self.check_nothing_waits(seen)
            self.check_fates(seen)
            self.check_ledger(seen)
            self.check_order(seen)
            self.check_exceptions(seen)
            self.check_mails(seen)

    def check_nothing_waits(self, seen: Seen) -> None:
        head = event_log.head(seen.current.workspace_id)
        assert set(seen.fates) == set(range(head)), "an event without a fate"
        assert not Hold.objects.filter(current=seen.current).exists()
        assert set(Lane.objects.filter(current=seen.current).values_list("position")) == {(head,)}

    def check_fates(self, seen: Seen) -> None:
        """Each fate is one that the settings allowed at some time, and delivered is arrived."""
        arrived = {self.ids[seen.current.workspace_id][name] for name in seen.arrived}
        acknowledged = {self.ids[seen.current.workspace_id][name] for name in seen.acknowledged}
        for one in truth.logged(seen.current.workspace_id):
            fate = seen.fates.get(one.sequence)
            if fate is None:
                continue
            allowed = set()
            for types in seen.selections:
                for anonymous in seen.anonymous:
                    settings = Current(event_types=list(types), include_anonymous=anonymous)
                    allowed.add(truth.filtered_as(one, settings))
            if fate in FILTERED:
                assert fate in allowed, (one, fate)
            else:
                assert None in allowed, (one, fate)
            if fate == Fate.DELIVERED:
                assert one.sequence in acknowledged, (one, "delivered, and never arrived")
                assert one.sequence in arrived
            if fate == Fate.DEAD:
                assert one.id in seen.refused or one.record.type == CUSTOM, one

    def check_ledger(self, seen: Seen) -> None:
        """The table is what was noted of each event, and all that was counted is in it."""
        expected: dict[truth.Place, int] = defaultdict(int)
        counted = Current.objects.values_list("counted_sequence", flat=True).get(pk=seen.current.pk)
        for one in truth.logged(seen.current.workspace_id):
            if one.sequence < counted:
                fate = seen.fates.get(one.sequence, Fate.WAITING)
                expected[truth.place_of(one, fate)] += 1
        assert dict(truth.ledger_table(seen.current)) == expected

    def check_order(self, seen: Seen) -> None:
        """What was refused once and taken later does not count: its successors did not wait."""
        identities = {one.id: one.identity for one in truth.logged(seen.current.workspace_id)}
        truth.check_order(
            (identities[name], self.ids[seen.current.workspace_id][name])
            for name in seen.arrived
            if name not in seen.refused
        )

    def check_exceptions(self, seen: Seen) -> None:
        dead = DeadLetter.objects.filter(current=seen.current).values_list("sequence", flat=True)
        assert sorted(dead) == sorted(n for n, fate in seen.fates.items() if fate == Fate.DEAD)
        dropped = [n for n, fate in seen.fates.items() if fate == Fate.DROPPED]
        rows = DroppedRange.objects.filter(current=seen.current).values_list("count", flat=True)
        assert sum(rows) == len(dropped)
        if dropped:
            began = CredentialFailure.objects.filter(current=seen.current).values_list("began_at")
            longest = max(self.latest - at for (at,) in began)
            assert longest >= credentials_window(), "dropped without a refusal of 48 hours"

    def check_mails(self, seen: Seen) -> None:
        mails = FailureMail.objects.filter(failure__current=seen.current)
        told = list(mails.values_list("failure_id", "stage"))
        assert len(told) == len(set(told))

    def close(self) -> None:
        dropping.settle = self._settle
        Current.objects.filter(pk__in=self.by_pk).update(state=State.DELETED)
