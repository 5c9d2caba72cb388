"""What a Current is in at this moment: its state, the open credential failure with its letters,
what waits, what was sent last. Reads rows for wording.py, facts.py and clock.py; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, QuerySet, Subquery, Sum

from braze_partners.workspaces.models import AuditEntry, Workspace
from currents.clock import Clock, clock
from currents.fates import Fate
from currents.models import (
    Attempt,
    CredentialFailure,
    Current,
    DeadLetter,
    DroppedRange,
    Hold,
    LedgerEntry,
)
from currents.plan import credentials_window
from currents.states import REFUSED, State
from currents.wording import Situation, Words, words

# Attempts that are looked at for the rate and shown the latest of: more than ten seconds of them
# as a rule (claims of some thousand events each).
ATTEMPTS_READ = 100
RATE_OVER = timedelta(seconds=10)
# An event that waits longer is not under way but behind: delivery takes seconds, and the ledger
# knows minutes.
BEHIND_FROM = timedelta(minutes=2)
MINUTE = timedelta(minutes=1)
# Failures whose beginnings a chart may mark, the latest ones.
FAILURES_READ = 20


@dataclass(frozen=True, slots=True)
class Letter:
    stage: str
    to: str
    sent_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Failure:
    kind: str
    words: str
    began_at: datetime
    ended_at: datetime | None
    last_probe_at: datetime
    letters: dict[str, Letter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """`waiting` and `held` count events, `held_ids` identities; `attempts` are the latest, without
    their bodies; `failures` the latest first; `by` paused or deleted it."""

    current: Current
    now: datetime
    waiting: int
    oldest: datetime | None
    held: int
    held_ids: int
    held_since: datetime | None
    delivered_at: datetime | None
    failures: Sequence[Failure]
    attempts: Sequence[Attempt]
    dropped: int = 0
    by: str = ""

    @property
    def state(self) -> State:
        return State(self.current.state)

    @property
    def is_refused(self) -> bool:
        return self.state in REFUSED

    @property
    def layout(self) -> str:
        """What the page around the strip depends on."""
        return "refused" if self.is_refused else str(self.state)

    @property
    def failure(self) -> Failure | None:
        """The one that goes on."""
        return next((one for one in self.failures if one.ended_at is None), None)

    @property
    def clock(self) -> Clock | None:
        if not self.is_refused or self.failure is None:
            return None
        return clock(self.failure.began_at, credentials_window(), self.now, self.oldest)

    @property
    def oldest_age(self) -> timedelta | None:
        """In whole minutes; None for what is only under way."""
        if self.oldest is None or self.now - self.oldest < BEHIND_FROM:
            return None
        return (self.now - self.oldest) // MINUTE * MINUTE

    @property
    def behind(self) -> int:
        """Events that wait longer than delivery takes, and not for a hold."""
        if self.oldest is None or self.oldest > self.now - BEHIND_FROM:
            return 0
        if self.held_since and self.oldest > self.held_since - BEHIND_FROM:
            return 0
        return max(self.waiting - self.held, 0)

    @property
    def rate(self) -> float:
        """Events delivered a second, over ten seconds or what the attempts that were read span."""
        begin = self.now - RATE_OVER
        recent = [one for one in self.attempts if one.at > begin]
        if not recent:
            return 0.0
        reach = self.now - recent[-1].at if len(recent) == ATTEMPTS_READ else RATE_OVER
        taken = [one.events for one in recent if one.outcome == Attempt.Outcome.DELIVERED]
        return sum(taken) / max(reach.total_seconds(), 1.0)

    @property
    def words(self) -> Words:
        return words(self.situation)

    @property
    def situation(self) -> Situation:
        failure = self.failure
        return Situation(
            state=self.state,
            since=self.current.state_since,
            now=self.now,
            window=credentials_window(),
            by=self.by,
            refusal=failure.kind if failure else "",
            status=self.attempts[0].status if self.attempts else None,
            next_try=self.current.due_at,
            dropped=self.dropped,
            waiting=self.behind,
        )


def found(workspace: Workspace) -> QuerySet[Current]:
    """Currents of the workspace, deleted ones too, with what their pages say of each."""
    waiting = LedgerEntry.objects.filter(
        current=OuterRef("pk"), fate=Fate.WAITING, count__gt=0
    ).order_by()
    lanes = Current.objects.filter(pk=OuterRef("pk")).order_by()
    holds = Hold.objects.filter(current=OuterRef("pk")).order_by()
    dead = DeadLetter.objects.filter(current=OuterRef("pk")).order_by()
    dropped = DroppedRange.objects.filter(
        current=OuterRef("pk"),
        current__credential_failures__ended_at=None,
        at__gte=F("current__credential_failures__began_at"),
    ).order_by()
    return (
        Current.objects.filter(workspace=workspace)
        .select_related("workspace", "launched_by", "created_by")
        .annotate(
            waiting_events=_of(waiting, Sum("count")),
            oldest_waiting=_of(waiting, Min("minute")),
            delivered_at=_of(lanes, Max("lanes__delivered_at"), by="pk"),
            held_events=_of(holds, Sum("waiting")),
            held_ids=_of(holds, Count("pk")),
            held_since=_of(holds, Min("since")),
            dead_letter_count=_of(dead, Count("pk")),
            dropped_events=_of(dropped, Sum("count")),
        )
    )


def _of(rows: QuerySet[Any], figure: Any, by: str = "current") -> Subquery:
    return Subquery(rows.values(by).annotate(figure=figure).values("figure"))


def condition(current: Current, now: datetime) -> Condition:
    """`current` comes from `found`."""
    known: Any = current
    return Condition(
        current=current,
        now=now,
        waiting=known.waiting_events or 0,
        oldest=known.oldest_waiting,
        held=known.held_events or 0,
        held_ids=known.held_ids or 0,
        held_since=known.held_since,
        delivered_at=known.delivered_at,
        failures=_failures(current.pk),
        attempts=_attempts(current.pk),
        dropped=known.dropped_events or 0,
        by=_by(current),
    )


def _attempts(current_id: int) -> list[Attempt]:
    rows = Attempt.objects.filter(current_id=current_id).defer("request", "answer")
    return list(rows.order_by("-id")[:ATTEMPTS_READ])


def _failures(current_id: int) -> list[Failure]:
    """With their letters, in one query."""
    rows = (
        CredentialFailure.objects.filter(current_id=current_id)
        .order_by("-began_at", "-pk")
        .values_list(
            *("pk", "kind", "words", "began_at", "ended_at", "last_probe_at"),
            *("mails__stage", "mails__to", "mails__sent_at", "mails__error"),
        )
    )
    return _with_letters(rows[: FAILURES_READ * 5])


def _with_letters(rows: Iterable[tuple[Any, ...]]) -> list[Failure]:
    made: dict[int, Failure] = {}
    for pk, kind, said, began_at, ended_at, probed_at, stage, to, sent_at, error in rows:
        failure = made.setdefault(pk, Failure(kind, said, began_at, ended_at, probed_at))
        if stage:
            failure.letters[stage] = Letter(stage, to, sent_at, error)
    return list(made.values())


# The moves by hand that a sentence names the author of.
_ACTIONS = {State.PAUSED: "current.paused", State.DELETED: "current.deleted"}


def _by(current: Current) -> str:
    action = _ACTIONS.get(State(current.state))
    if action is None:
        return ""
    rows = AuditEntry.objects.filter(
        workspace_id=current.workspace_id, at__gte=current.state_since, action=action
    )
    mine = rows.filter(detail__current=current.pk).select_related("actor").order_by("at", "pk")
    entry = mine.first()
    if entry is None:
        return ""
    return entry.actor.name if entry.actor else entry.actor_text
