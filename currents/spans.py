"""The windows over which a Current is looked at, and the steps of its chart. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from currents.ledger import half_hour_of, minute_of

# Longer windows are told by the half hours that the ledger keeps (limits.LEDGER_MINUTES_KEPT).
BY_MINUTES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Span:
    """`key` stands in addresses; the chart has a bar for each `step`."""

    key: str
    length: timedelta
    step: timedelta

    def since(self, now: datetime) -> datetime:
        """A whole minute, or for a day and a week a whole half hour, at or before the beginning."""
        begin = now - self.length
        return minute_of(begin) if self.length <= BY_MINUTES else half_hour_of(begin)

    def chart_since(self, now: datetime, zone: tzinfo) -> datetime:
        """A whole step of the local day at or before the span's beginning."""
        local = (now - self.length).astimezone(zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        return midnight + (local.astimezone(UTC) - midnight) // self.step * self.step


SPANS: dict[str, Span] = {
    span.key: span
    for span in (
        Span("10m", timedelta(minutes=10), timedelta(minutes=1)),
        Span("1h", timedelta(hours=1), timedelta(minutes=2)),
        Span("24h", timedelta(hours=24), timedelta(minutes=30)),
        Span("7d", timedelta(days=7), timedelta(hours=3)),
    )
}
DAY, WEEK = SPANS["24h"], SPANS["7d"]
