"""Stacked bars drawn by the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from braze_partners.dashboard.templatetags.charts import HEIGHT, TOP, bar_chart

BEGIN = datetime(2026, 5, 11, 12, 30, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@dataclass
class Bars:
    label: str
    colour: str
    values: list[int]


@dataclass
class Mark:
    at: datetime
    words: str
    colour: str = "c4"


def made(*bars: Bars, step: timedelta = HALF_HOUR, marks: tuple[Mark, ...] = ()) -> dict[str, Any]:
    moments = [BEGIN + n * step for n in range(len(bars[0].values))]
    context: dict[str, Any] = bar_chart(moments, bars, step, "Delivery", "In words.", marks)
    return context


def test_bars_are_stacked_from_the_ground_without_overlap() -> None:
    context = made(Bars("Sent", "c1", [60]), Bars("Again", "c3", [20]))
    (column,) = context["columns"]
    lower, upper = column.rects
    assert float(lower.y) + float(lower.height) == TOP + HEIGHT
    assert float(upper.y) + float(upper.height) == float(lower.y)
    assert float(lower.height) == pytest.approx(3 * float(upper.height), abs=0.1)


def test_one_event_among_many_is_still_seen() -> None:
    context = made(Bars("Sent", "c1", [1_000_000, 1]))
    assert float(context["columns"][1].rects[0].height) >= 1


def test_the_values_at_the_left_are_short_and_divide_into_four() -> None:
    with translation.override("en"):
        context = made(Bars("Sent", "c1", [38_400]))
    assert [line.text for line in context["lines"]] == [
        "0",
        "10\u00a0k",
        "20\u00a0k",
        "30\u00a0k",
        "40\u00a0k",
    ]


def test_nothing_at_all_has_a_scale_too() -> None:
    context = made(Bars("Sent", "c1", [0, 0]))
    assert [line.text for line in context["lines"]] == list("01234")
    assert context["columns"][0].rects == []


def test_a_week_is_labelled_by_days_and_a_day_by_hours() -> None:
    with timezone.override("Europe/Paris"), translation.override("en"):
        day = made(Bars("Sent", "c1", [1] * 49))
        week = made(Bars("Sent", "c1", [1] * 57), step=timedelta(hours=3))
    assert [label.text for label in day["times"]][:3] == ["14:30", "17:30", "20:30"]
    assert [label.text for label in week["times"]][:2] == ["Mon 11", "Tue 12"]


def test_a_mark_stands_at_its_moment_with_its_time_and_words() -> None:
    with timezone.override("Europe/Paris"), translation.override("en"):
        early, late = made(
            Bars("Sent", "c1", [1] * 48),
            marks=(Mark(BEGIN + 6 * HALF_HOUR, "key refused"), Mark(BEGIN + 42 * HALF_HOUR, "end")),
        )["marks"]
    assert (early.place, early.anchor) == ("12.500%", "start")
    assert early.text.endswith(": key refused")
    assert late.anchor == "end"


def test_it_comes_with_a_table_and_a_summary_and_needs_no_style() -> None:
    html = render_to_string("components/bar_chart.html", made(Bars("Sent", "c1", [5, 1_234])))
    assert "Delivery. In words." in html
    assert html.count("<tr>") == 3
    assert "1,234" in html
    assert "style=" not in html
    assert "<script" not in html


def test_numbers_of_a_drawing_are_numbers_in_french_too() -> None:
    with translation.override("fr"):
        html = render_to_string("components/bar_chart.html", made(Bars("Envoyés", "c1", [1, 2, 7])))
    drawing = html[html.index('class="bar-chart-bars"') : html.index("<details")]
    for attribute in ("x", "y", "width", "height"):
        values = [part.split('"')[0] for part in drawing.split(f' {attribute}="')[1:]]
        assert values
        assert all("," not in value for value in values)
