"""The hottest ids of a Current's project: how fast they are, how much of them is held back. Puts
holds and the pacer's rates together; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from currents import pacing
from currents.amplitude.limits import EVENTS_PER_SECOND_PER_ID
from currents.models import Current, Hold

# Rows of the panel; from which rate and from how many events of a day on an id that is not held
# back is worth one.
SHOWN = 8
HOT_RATE, HOT_DAY = 1.0, 5_000


@dataclass(slots=True)
class HotRow:
    """`kind` is user, device or id; rate and day are unknown where no pacer that we can ask has
    seen the id. `held_for` is how long it has been waiting."""

    kind: str
    identifier: str
    per_second: float | None = None
    today: int | None = None
    held: int = 0
    held_for: timedelta | None = None
    reason: str = ""

    @property
    def share(self) -> float:
        """Of what Amplitude allows an id in a second."""
        return (self.per_second or 0.0) / EVENTS_PER_SECOND_PER_ID


def hot_rows(current: Current, now: datetime) -> list[HotRow]:
    """Those with most held back first, then the fastest."""
    holds = Hold.objects.filter(current=current).order_by("-waiting", "since")[:SHOWN]
    rows = [_of_hold(hold, now) for hold in holds]
    known = {row.identifier: row for row in rows}
    for hot in pacing.hot(current.project, SHOWN, now):
        row = known.get(hot.identifier)
        if row is not None:
            row.per_second, row.today = hot.per_second, hot.today
        elif hot.per_second >= HOT_RATE or hot.today >= HOT_DAY:
            rows.append(HotRow(hot.kind, hot.identifier, hot.per_second, hot.today))
    return rows[:SHOWN]


def _of_hold(hold: Hold, now: datetime) -> HotRow:
    row = HotRow("id", hold.identity)
    if hold.identity == hold.user_id:
        row.kind = "user"
    elif hold.identity == hold.device_id:
        row.kind = "device"
    row.held, row.held_for = hold.waiting, now - hold.since
    row.reason = str(Hold.Reason(hold.reason).label)
    return row
