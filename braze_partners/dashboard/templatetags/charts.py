"""Stacked bars over time, drawn by the server: they need no script, swap without a flicker and
follow the theme. Knows geometry and words; knows no model.

The drawing has no view box: places along time are percent, heights are pixels, so that text and
lines keep their size at any width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from babel.dates import format_date, format_time
from django import template
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from braze_partners import formatting

register = template.Library()

HEIGHT = 160  # pixels of the plot
TOP = 18  # pixels above it, for the words of a mark
FILLED = 0.84  # share of a step that its bar takes
LABELS = 9  # along time, at most
EVERY = (1, 2, 3, 5, 6, 10, 12, 15, 20, 30)  # steps between two of them
ROUND = (1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 12)  # a quarter of each is short


class BarsLike(Protocol):
    label: str
    colour: str
    values: list[int]


class MarkLike(Protocol):
    at: datetime
    words: str
    colour: str


@dataclass(frozen=True, slots=True)
class Rect:
    colour: str
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Column:
    """One step of time: its title for the pointer, its pieces from below."""

    title: str
    rects: list[Rect]


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a place; `minor` ones go where there is little room."""

    text: str
    place: str
    minor: bool = False
    anchor: str = "middle"
    colour: str = ""
    y: str = ""


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(
    moments: Sequence[datetime],
    bars: Sequence[BarsLike],
    step: timedelta,
    title: str,
    summary: str,
    marks: Sequence[MarkLike] = (),
    chart_id: str = "bars",
) -> dict[str, Any]:
    """`bars` are stacked, each with a value per moment."""
    totals = [sum(values) for values in zip(*(one.values for one in bars), strict=True)]
    top = _round_above(max(totals, default=0))
    return {
        "chart_id": chart_id,
        "title": title,
        "summary": summary,
        "unit": _("per %(length)s") % {"length": formatting.span(step, _locale())},
        "legend": [(one.label, one.colour) for one in bars],
        "columns": _columns(moments, bars, top, step),
        "lines": _lines(top),
        "times": _times(moments, step),
        "marks": _marks(marks, moments, step),
        "height": HEIGHT + TOP,
        "top": TOP,
        "base": HEIGHT + TOP,
        "foot": HEIGHT + TOP + 20,
        "rows": _rows(moments, bars),
        "by_day": step >= timedelta(days=1),
        "heads": [one.label for one in bars],
    }


def _locale() -> str:
    return formatting.locale_of(get_language())


def _percent(share: float) -> str:
    return f"{share * 100:.3f}%"


def _round_above(value: int) -> float:
    """The next number that divides into four steps with short labels."""
    if value <= 4:
        return 4
    power = 10 ** (len(str(value)) - 1)
    return next(one * power for one in ROUND if one * power >= value)


def _columns(
    moments: Sequence[datetime], bars: Sequence[BarsLike], top: float, step: timedelta
) -> list[Column]:
    count = max(len(moments), 1)
    made = []
    for place, moment in enumerate(moments):
        base, rects = float(TOP + HEIGHT), []
        for one in bars:
            height = one.values[place] / top * HEIGHT
            if not height:
                continue
            height = max(height, 1.0)
            base -= height
            x, width = (place + (1 - FILLED) / 2) / count, FILLED / count
            rects.append(
                Rect(one.colour, _percent(x), _percent(width), f"{base:.2f}", f"{height:.2f}")
            )
        made.append(Column(_title(moment, bars, place, step), rects))
    return made


def _title(moment: datetime, bars: Sequence[BarsLike], place: int, step: timedelta) -> str:
    told = [f"{one.label}: {_number(one.values[place])}" for one in bars if one.values[place]]
    when = _when(moment) if step < timedelta(days=1) else _day(moment)
    return "\n".join([when, *(told or [_("nothing")])])


def _lines(top: float) -> list[Label]:
    """Five horizontal lines with their values, from zero."""
    return [
        Label(_short(top * part / 4), "", y=f"{TOP + HEIGHT * (1 - part / 4):.1f}")
        for part in range(5)
    ]


def _short(value: float) -> str:
    """12.5 k: on axes only."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            shown = value / size
            decimals = 0 if shown == int(shown) else 1
            return f"{formatting.number(shown, _locale(), decimals=decimals)}\u00a0{unit}"
    return formatting.number(value, _locale(), decimals=0 if value == int(value) else 1)


def _times(moments: Sequence[datetime], step: timedelta) -> list[Label]:
    if not moments:
        return []
    if step * len(moments) > timedelta(days=2):
        return _days(moments, step)
    every = next((n for n in EVERY if len(moments) <= LABELS * n), EVERY[-1])
    return [
        Label(_clock(moments[place]), _percent((place + 0.5) / len(moments)), number % 2 == 1)
        for number, place in enumerate(range(0, len(moments), every))
    ]


def _days(moments: Sequence[datetime], step: timedelta) -> list[Label]:
    """A label in the middle of each day that is there by half at least."""
    zone, count = timezone.get_current_timezone(), len(moments)
    places: dict[Any, list[int]] = {}
    for place, moment in enumerate(moments):
        places.setdefault(moment.astimezone(zone).date(), []).append(place)
    if step >= timedelta(days=1):
        return _dates(list(places), step)
    whole = timedelta(days=1) / step
    return [
        Label(
            format_date(day, "EEE d", locale=_locale()),
            _percent((found[0] + len(found) / 2) / count),
            number % 2 == 1,
        )
        for number, (day, found) in enumerate(places.items())
        if len(found) >= whole / 2
    ]


def _dates(days: Sequence[date], step: timedelta) -> list[Label]:
    """Below bars of a day or more: a date now and then, at its own bar."""
    every = max(1, -(-len(days) // LABELS))
    return [
        Label(
            format_date(days[place], "d MMM", locale=_locale()),
            _percent((place + 0.5) / len(days)),
            number % 2 == 1,
        )
        for number, place in enumerate(range(0, len(days), every))
    ]


def _marks(marks: Sequence[MarkLike], moments: Sequence[datetime], step: timedelta) -> list[Label]:
    if not moments:
        return []
    length = step * len(moments)
    made = []
    for mark in marks:
        share = (mark.at - moments[0]) / length
        words = _("%(time)s: %(words)s") % {"time": _when(mark.at), "words": mark.words}
        anchor = "end" if share > 0.6 else "start"
        made.append(Label(words, _percent(share), anchor=anchor, colour=mark.colour))
    return made


def _rows(
    moments: Sequence[datetime], bars: Sequence[BarsLike]
) -> list[tuple[datetime, list[int]]]:
    """Of the table, the newest first."""
    rows = [(moment, [one.values[at] for one in bars]) for at, moment in enumerate(moments)]
    return rows[::-1]


def _number(value: int) -> str:
    return formatting.number(value, _locale())


def _when(moment: datetime) -> str:
    zone = timezone.get_current_timezone()
    return formatting.when(moment, timezone.now(), zone, _locale(), start=True)


def _day(moment: datetime) -> str:
    return formatting.day(moment, timezone.now(), timezone.get_current_timezone(), _locale())


def _clock(moment: datetime) -> str:
    zone = timezone.get_current_timezone()
    return format_time(moment, "HH:mm", tzinfo=zone, locale=_locale())
