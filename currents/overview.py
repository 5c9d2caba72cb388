"""Everything that a Current's overview shows, read in few queries whatever the number of rows.

Counts what the log has received first, so that a page is never behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from braze_partners.events import event_log
from currents import ledger
from currents.balance_sheet import Sheet, sheet
from currents.below import Below, below
from currents.causes import Cause, causes
from currents.condition import Condition
from currents.delivery_chart import DeliveryChart, delivery_chart
from currents.fates import Step
from currents.latency import Latency, latency
from currents.models import Attempt, Current
from currents.spans import DAY, SPANS, WEEK, Span
from currents.states import SEEING, State

ATTEMPTS_SHOWN = 5
CAUSES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the ledger is looked at; both stand in the address."""

    span: Span
    step: Step | None


@dataclass(frozen=True, slots=True)
class Overview:
    """`latency` is not told while credentials are refused: what is sent then are probes."""

    choice: Choice
    sheet: Sheet
    chart: DeliveryChart
    causes: list[Cause]
    causes_in_span: int
    attempts: list[Attempt]
    latency: Latency | None
    below: Below


def choice(condition: Condition, span: str, step: str) -> Choice:
    """What was chosen; else a week of what is refused, and a day."""
    chosen = SPANS.get(span) or (WEEK if condition.is_refused else DAY)
    return Choice(chosen, Step(step) if step in set(Step) else None)


def count_fresh(current: Current) -> bool:
    """Whether there was anything to count."""
    if State(current.state) not in SEEING:
        return False
    before = current.counted_sequence
    return ledger.count(current, event_log.head(current.workspace_id)) != before


def overview(condition: Condition, chosen: Choice) -> Overview:
    current, now, span = condition.current, condition.now, chosen.span
    since = span.since(now)
    reading = ledger.read(current.pk, since)
    log_received = ledger.log_received(current, reading, since)
    chart_since = span.chart_since(now, timezone.get_current_timezone())
    points = ledger.series([current.pk], chart_since, now, span.step)[current.pk]
    groups = causes(current)
    return Overview(
        chosen,
        sheet(reading.by_type, reading.total, log_received, chosen.step),
        delivery_chart(span, points, condition),
        groups,
        sum(1 for group in groups if group.last_at >= since),
        list(condition.attempts[:ATTEMPTS_SHOWN]),
        None if condition.is_refused else latency(current.pk, since),
        below(current, chosen.step, since),
    )
