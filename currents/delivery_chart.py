"""The delivery chart's figures: what was received in each step of time and went out, at once or
after a retry, or waits. Pure: knows points of the ledger and moments to mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from braze_partners import formatting
from currents.condition import Condition
from currents.fates import Fate
from currents.ledger import Point
from currents.models import Refusal
from currents.spans import Span
from currents.states import REFUSED, State

CHARTED = (Fate.DELIVERED, Fate.RETRIED, Fate.WAITING, Fate.DROPPED, Fate.RETENTION)


@dataclass(frozen=True, slots=True)
class Bars:
    """One colour of the stacked bars."""

    label: str
    colour: str
    values: list[int]

    @property
    def total(self) -> int:
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment with its words; its time is written before them."""

    at: datetime
    words: str
    colour: str


@dataclass(frozen=True, slots=True)
class DeliveryChart:
    span: Span
    moments: list[datetime]
    bars: list[Bars]
    marks: list[Mark]

    @property
    def summary(self) -> str:
        """For who does not see the bars: each colour's sum, and what is marked."""
        locale = formatting.locale_of(get_language())
        sums = [f"{one.label}: {formatting.number(one.total, locale)}" for one in self.bars]
        marks = [str(mark.words) for mark in self.marks]
        return "; ".join([*sums, *marks])


def delivery_chart(span: Span, points: Sequence[Point], condition: Condition) -> DeliveryChart:
    begin = points[0].at if points else condition.now
    marks = [mark for mark in _marks(condition) if mark.at >= begin]
    bars = [one for one in _bars(points, condition) if one.total or one.colour == "c1"]
    return DeliveryChart(span, [point.at for point in points], bars, marks)


def _bars(points: Sequence[Point], condition: Condition) -> Iterator[Bars]:
    """What waits is the news of a Current that does not send; else it is under way, and hatched."""
    first, again, waiting, dropped, expired = (
        [max(point.balance.by_fate.get(fate, 0), 0) for point in points] for fate in CHARTED
    )
    if condition.state in (*REFUSED, State.PAUSED):
        yield Bars(pgettext("events", "Delivered"), "c1", _sums(first, again))
        yield Bars(_("Received, waiting"), "c3", waiting)
        yield Bars(_("Dropped"), "text", _sums(dropped, expired))
        return
    yield Bars(_("Delivered at the first attempt"), "c1", first)
    yield Bars(_("Delivered after a retry"), "c3", again)
    yield Bars(_("Waiting"), "c3-hatched", waiting)


def _sums(some: list[int], others: list[int]) -> list[int]:
    return [one + other for one, other in zip(some, others, strict=True)]


def _marks(condition: Condition) -> Iterator[Mark]:
    for failure in condition.failures:
        forbidden = failure.kind == Refusal.FORBIDDEN
        yield Mark(failure.began_at, _("refused (403)") if forbidden else _("key refused"), "c4")
    since = condition.current.failing_since
    if condition.state == State.FAILING and since is not None:
        yield Mark(since, _("no answer"), "c3")
