"""Currents of a workspace that need someone: stopped, dropping, failing for a while, paused for
days. One query, whatever the number; the words are whoever shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, OuterRef, Q, QuerySet, Subquery, Sum

from braze_partners.workspaces.models import Workspace
from currents.clock import Clock, clock
from currents.models import WAITS, CredentialFailure, Current, DroppedRange, LedgerEntry
from currents.plan import credentials_window
from currents.states import REFUSED, State

# An outage of a minute mends itself; one that lasts longer is news.
FAILING_FROM = timedelta(minutes=3)
# Paused Currents warn from day 5: the log holds what they wait with for 14 (product.md 5.4).
PAUSED_FROM = timedelta(days=5)

# The worst first.
ORDER = (State.DROPPING, State.STOPPED, State.FAILING, State.PAUSED)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`clock` only where credentials are refused; `since` is when it began."""

    current: Current
    since: datetime
    waiting: int
    oldest: datetime | None
    refusal: str
    clock: Clock | None
    dropped: int

    @property
    def state(self) -> State:
        return State(self.current.state)


def troubles(workspace: Workspace, now: datetime) -> list[Trouble]:
    refused = Q(state__in=REFUSED)
    failing = Q(state=State.FAILING, failing_since__lte=now - FAILING_FROM)
    paused = Q(state=State.PAUSED, oldest_waiting__lte=now - PAUSED_FROM)
    found = [_trouble(current, now) for current in _rows(workspace, refused | failing | paused)]
    return sorted(found, key=lambda one: (ORDER.index(one.state), one.current.name))


def _rows(workspace: Workspace, wanted: Q) -> QuerySet[Current]:
    waiting = LedgerEntry.objects.filter(WAITS, current=OuterRef("pk")).order_by()
    going_on = CredentialFailure.objects.filter(current=OuterRef("pk"), ended_at=None)
    dropped = DroppedRange.objects.filter(
        current=OuterRef("pk"), at__gte=OuterRef("refused_since")
    ).order_by()
    return (
        Current.objects.filter(workspace=workspace, state__in=ORDER)
        .annotate(
            waiting_events=_of(waiting, Sum("count")),
            oldest_waiting=_of(waiting, Min("minute")),
            refusal=Subquery(going_on.values("kind")[:1]),
            refused_since=Subquery(going_on.values("began_at")[:1]),
        )
        .annotate(dropped_events=_of(dropped, Sum("count")))
        .filter(wanted)
    )


def _of(rows: QuerySet[Any], figure: Any) -> Subquery:
    return Subquery(rows.values("current").annotate(figure=figure).values("figure"))


def _trouble(current: Any, now: datetime) -> Trouble:
    since = current.refused_since or current.failing_since or current.state_since
    passing = None
    if current.refused_since is not None:
        passing = clock(current.refused_since, credentials_window(), now, current.oldest_waiting)
    return Trouble(
        current=current,
        since=since,
        waiting=current.waiting_events or 0,
        oldest=current.oldest_waiting,
        refusal=current.refusal or "",
        clock=passing,
        dropped=current.dropped_events or 0,
    )
