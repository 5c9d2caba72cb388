"""The tags and filters of every template: icons, figures, times, small drawings.

Knows the language, the zone and the style sheet's class names; knows no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import forms, template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from braze_partners import formatting

register = template.Library()

# Names that Lucide has changed, so that both the old and the new one draw the same icon.
ICON_ALIASES = {
    "pie-chart": "chart-pie",
    "line-chart": "chart-line",
    "bar-chart": "chart-column",
    "alert-triangle": "triangle-alert",
    "alert-circle": "circle-alert",
    "help-circle": "circle-question-mark",
    "circle-help": "circle-question-mark",
    "check-circle": "circle-check",
    "x-circle": "circle-x",
    "more-horizontal": "ellipsis",
    "more-vertical": "ellipsis-vertical",
    "home": "house",
    "trash": "trash-2",
    "edit": "pencil",
    "filter": "funnel",
}


def _locale() -> str:
    return formatting.locale_of(get_language())


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "") -> SafeString:
    """A Lucide icon of the sprite; decoration unless it gets a label."""
    name = ICON_ALIASES.get(name, name)
    classes = "icon" if size == 20 else f"icon icon--{size}"
    address = f"{static('icons/lucide.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>',
            classes,
            label,
            address,
        )
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>',
        classes,
        address,
    )


@register.filter
def number(value: float | None) -> str:
    return formatting.number(value, _locale())


@register.filter
def signed(value: float | None) -> str:
    return formatting.signed(value, _locale())


@register.filter
def percent(share: float | None) -> str:
    return formatting.percent(share, _locale())


@register.filter
def share_of(part: float, whole: float) -> float | None:
    """`{{ part|share_of:whole|percent }}`; nothing of nothing is unknown."""
    return part / whole if whole else None


@register.filter
def duration(milliseconds: float | None) -> str:
    return formatting.duration(milliseconds, _locale())


@register.filter
def span(length: timedelta | None) -> str:
    return formatting.span(length, _locale())


@register.filter(name="bytes")
def byte_size(count: int | None) -> str:
    return formatting.size(count, _locale())


@register.filter
def as_json(value: Any) -> str:
    return formatting.json_text(value)


@register.filter
def json_lines(value: Any) -> str:
    return formatting.json_text(value, lines=True)


@register.filter
def initials(name: str) -> str:
    return formatting.initials(name)


def _time(moment: datetime, text: str) -> SafeString:
    zone = timezone.get_current_timezone()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        formatting.exact(moment, zone, _locale()),
        text,
    )


@register.filter
def when(moment: datetime | None, place: str = "") -> str:
    """today 14:32; `|when:"start"` begins with a capital, for the start of a cell."""
    zone, now = timezone.get_current_timezone(), timezone.now()
    text = formatting.when(moment, now, zone, _locale(), start=place == "start")
    return _time(moment, text) if moment else text


@register.filter
def hour(moment: datetime) -> str:
    """15:18 of today, else 12 May, 03:18."""
    zone = timezone.get_current_timezone()
    return _time(moment, formatting.hour(moment, timezone.now(), zone, _locale()))


@register.filter
def clock(moment: datetime | None) -> str:
    text = formatting.clock(moment, timezone.now(), timezone.get_current_timezone(), _locale())
    return _time(moment, text) if moment else text


@register.filter
def ago(moment: datetime | None) -> str:
    text = formatting.ago(moment, timezone.now(), timezone.get_current_timezone(), _locale())
    return _time(moment, text) if moment else text


@register.filter
def day(moment: datetime | None) -> str:
    if moment is None:
        return formatting.NONE
    zone = timezone.get_current_timezone()
    return _time(moment, formatting.day(moment, timezone.now(), zone, _locale()))


@register.filter
def whole_day(date_of: date) -> str:
    """12 May 2026, of a day without a time."""
    return formatting.whole_day(date_of, _locale())


@register.simple_tag
def today_in_words() -> str:
    return formatting.today_in_words(timezone.now(), timezone.get_current_timezone(), _locale())


@register.simple_tag
def badge(kind: str, text: str, icon_name: str = "", large: bool = False) -> SafeString:
    """Kinds: green amber red grey teal indigo outline. Always words, never colour alone."""
    drawn = icon(icon_name, 14) if icon_name else ""
    size = " badge--large" if large else ""
    return format_html('<span class="badge badge--{}{}">{}{}</span>', kind, size, drawn, text)


@register.simple_tag
def dot(kind: str, text: str) -> SafeString:
    """Kinds: green, red, hollow."""
    return format_html('<span class="dot dot--{}">{}</span>', kind, text)


@register.simple_tag
def partner_mark(partner: Any, size: str = "") -> SafeString:
    """Two letters on a colour of ours; sizes: small, large."""
    extra = f" partner-mark--{size}" if size else ""
    return format_html(
        '<span class="partner-mark partner-mark--{}{}" aria-hidden="true">{}</span>',
        partner.colour,
        extra,
        partner.mark,
    )


def _width(share: float | None) -> str:
    return f"{min(max(share or 0.0, 0.0), 1.0) * 100:.2f}%"


@register.simple_tag
def bar(share: float | None, previous: float | None = None, colour: str = "c1") -> SafeString:
    """A bar of 0 to 1; `previous` draws what was lost against the row above in a light tint."""
    lost = (
        format_html('<rect class="bar-loss" width="{}" height="100%"/>', _width(previous))
        if previous is not None
        else ""
    )
    return format_html(
        '<svg class="bar bar--{}" width="100%" height="8" aria-hidden="true">'
        '<rect class="bar-track" width="100%" height="100%"/>{}'
        '<rect class="bar-fill" width="{}" height="100%"/></svg>',
        colour,
        lost,
        _width(share),
    )


SPARK_WIDTH, SPARK_HEIGHT = 72, 24  # the drawing's own units, scaled by the style sheet


def _spark_points(values: Sequence[float]) -> list[tuple[float, float]]:
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = SPARK_WIDTH / (len(values) - 1)
    level = SPARK_HEIGHT - 2 if high == 0 else SPARK_HEIGHT / 2  # nothing lies on the ground
    return [
        (
            round(index * step, 1),
            level
            if high == low
            else round(SPARK_HEIGHT - 2 - (value - low) / span * (SPARK_HEIGHT - 4), 1),
        )
        for index, value in enumerate(values)
    ]


@register.simple_tag
def sparkline(values: Sequence[float], colour: str = "c2") -> SafeString:
    """Decoration beside a number, so hidden from screen readers; nothing below two values."""
    if len(values) < 2:
        return SafeString("")
    points = _spark_points(values)
    line = "M" + "L".join(f"{x} {y}" for x, y in points)
    area = f"{line}L{SPARK_WIDTH} {SPARK_HEIGHT}L0 {SPARK_HEIGHT}Z"
    return format_html(
        '<svg class="sparkline sparkline--{}" viewBox="0 0 {} {}" preserveAspectRatio="none" '
        'aria-hidden="true"><path class="sparkline-area" d="{}"/><path d="{}"/></svg>',
        colour,
        SPARK_WIDTH,
        SPARK_HEIGHT,
        area,
        line,
    )


def _last_of_each_day(
    points: Sequence[tuple[datetime, int]],
) -> list[tuple[datetime, int]]:
    zone = timezone.get_current_timezone()
    last = {moment.astimezone(zone).date(): (moment, value) for moment, value in points}
    return sorted(last.values(), reverse=True)


@register.inclusion_tag("components/size_chart.html")
def size_chart(
    points: Sequence[tuple[datetime, int]],
    title: str,
    summary: str,
    marks: Sequence[tuple[datetime, str]] = (),
    chart_id: str = "size",
    small: bool = False,
) -> dict[str, Any]:
    """A stepped line of members over time; `marks` are events in time with their words."""
    ordered = sorted(points)
    return {
        "chart_data_id": f"{chart_id}-data",
        "title": title,
        "summary": summary,
        "small": small,
        "days": _last_of_each_day(ordered),
        "data": {
            "x": [int(moment.timestamp()) for moment, _value in ordered],
            "y": [value for _moment, value in ordered],
            "marks": [[int(moment.timestamp()), text] for moment, text in marks],
            "zone": str(timezone.get_current_timezone()),
        },
    }


CONTROL_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.Textarea, "textarea"),
    (forms.RadioSelect, ""),
    (forms.CheckboxInput, ""),
    (forms.Select, "select"),
)


def _control_class(widget: forms.Widget) -> str:
    for kind, name in CONTROL_CLASSES:
        if isinstance(widget, kind):
            return name
    return "input"


@register.filter
def widget_is_check(field: forms.BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def widget_is_group(field: forms.BoundField) -> bool:
    """Radio buttons and check boxes that share one question."""
    return isinstance(field.field.widget, forms.RadioSelect)


@register.simple_tag
def field_widget(field: forms.BoundField) -> SafeString:
    """The control with our class; Django itself links hint and error to it."""
    own = field.field.widget.attrs.get("class", "")
    classes = f"{_control_class(field.field.widget)} {own}".strip()
    return field.as_widget(attrs={"class": classes} if classes else {})
