"""The export half of the home page: Currents with what they delivered and what waits, in two
queries. Puts other rooms' answers together; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef, Subquery, Sum

from braze_partners.workspaces.models import Workspace
from currents import finding, ledger
from currents.fates import Fate
from currents.models import WAITS, Current, Lane, LedgerEntry
from currents.spans import DAY
from currents.states import REFUSED, SEEING, State

HOUR = timedelta(hours=1)
CURRENTS_SHOWN = 5

# Colour of a Current's sparkline where it is not that of what is delivered.
COLOURS = {
    State.STOPPED: "c4",
    State.DROPPING: "c4",
    State.FAILING: "c3",
    State.PAUSED: "c5",
    State.DRAFT: "c5",
}
# Which are shown first.
ORDER = (*REFUSED, State.FAILING, State.ACTIVE, State.PAUSED, State.DRAFT)


@dataclass(frozen=True, slots=True)
class HomeCurrent:
    """`delivered` of the events received within a day, `by_hour` the same an hour each."""

    current: Current
    delivered: int
    by_hour: list[int]
    waiting: int
    delivered_at: datetime | None
    has_received: bool

    @property
    def state(self) -> State:
        return State(self.current.state)

    @property
    def is_refused(self) -> bool:
        return self.state in REFUSED

    @property
    def colour(self) -> str:
        return COLOURS.get(self.state, "c1")


@dataclass(frozen=True, slots=True)
class ExportFigures:
    """All Currents of a workspace, those that need someone first; sums and hours over all."""

    currents: Sequence[HomeCurrent]
    delivered_by_hour: list[int]
    waiting_by_hour: list[int]
    retried: int

    @property
    def shown(self) -> Sequence[HomeCurrent]:
        return self.currents[:CURRENTS_SHOWN]

    @property
    def delivered(self) -> int:
        return sum(one.delivered for one in self.currents)

    @property
    def waiting(self) -> int:
        return sum(one.waiting for one in self.currents)

    @property
    def refused(self) -> int:
        """Events that wait behind refused credentials."""
        return sum(one.waiting for one in self.currents if one.state in REFUSED)

    @property
    def set_up(self) -> dict[str, bool]:
        """The steps of setting an export up, each by evidence."""
        return {
            "launched": any(one.state in SEEING for one in self.currents),
            "received": any(one.has_received for one in self.currents),
            "delivered": any(one.delivered_at is not None for one in self.currents),
        }


def export_figures(workspace: Workspace, now: datetime) -> ExportFigures:
    found = list(_currents(workspace))
    keys = [one.pk for one in found]
    series = ledger.series(keys, DAY.since(now), now, HOUR) if found else {}
    points = list(zip(*series.values(), strict=True))
    listed = [_listed(current, series[current.pk]) for current in found]
    return ExportFigures(
        currents=sorted(listed, key=lambda one: (ORDER.index(one.state), -one.delivered)),
        delivered_by_hour=[sum(p.balance.delivered for p in hour) for hour in points],
        waiting_by_hour=[sum(p.balance.waiting for p in hour) for hour in points],
        retried=sum(p.balance.of([Fate.RETRIED]) for hour in points for p in hour),
    )


def _currents(workspace: Workspace) -> Any:
    waiting = LedgerEntry.objects.filter(WAITS, current=OuterRef("pk")).order_by()
    lanes = Lane.objects.filter(current=OuterRef("pk")).order_by()
    return finding.currents_of(workspace).annotate(
        waiting_events=Subquery(waiting.values("current").annotate(n=Sum("count")).values("n")),
        delivered_at=Subquery(
            lanes.values("current").annotate(at=Max("delivered_at")).values("at")
        ),
        has_received=Exists(LedgerEntry.objects.filter(current=OuterRef("pk"))),
    )


def _listed(current: Any, points: Sequence[ledger.Point]) -> HomeCurrent:
    by_hour = [point.balance.delivered for point in points]
    return HomeCurrent(
        current=current,
        delivered=sum(by_hour),
        by_hour=by_hour,
        waiting=current.waiting_events or 0,
        delivered_at=current.delivered_at,
        has_received=current.has_received,
    )
