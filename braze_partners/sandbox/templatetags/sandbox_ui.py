"""How the sandbox's pages write numbers, times and durations, and its few Lucide icons."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from braze_partners.sandbox.faults.kinds import KINDS
from braze_partners.sandbox.faults.places import PLACES

register = template.Library()

ICONS = {
    "users": (
        '<path d="M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2"/><circle cx="9" cy="7" r="4"/>'
        '<path d="M22 21v-2a4 4 0 0 0-3-3.87"/><path d="M16 3.13a4 4 0 0 1 0 7.75"/>'
    ),
    "cohorts": (
        '<path d="M18 21a8 8 0 0 0-16 0"/><circle cx="10" cy="8" r="5"/>'
        '<path d="M22 20c0-3.37-2-6.5-4-8a5 5 0 0 0-.45-8.3"/>'
    ),
    "destinations": (
        '<circle cx="18" cy="5" r="3"/><circle cx="6" cy="12" r="3"/>'
        '<circle cx="18" cy="19" r="3"/>'
        '<path d="m8.59 13.51 6.83 3.98"/><path d="m15.41 6.51-6.82 3.98"/>'
    ),
    "credentials": (
        '<path d="M2.586 17.414A2 2 0 0 0 2 18.828V21a1 1 0 0 0 1 1h3a1 1 0 0 0 1-1v-1a1 1 0 0 1 '
        "1-1h1a1 1 0 0 0 1-1v-1a1 1 0 0 1 1-1h.172a2 2 0 0 0 1.414-.586l.814-.814a6.5 6.5 0 1 "
        '0-4-4z"/><circle cx="16.5" cy="7.5" r=".5" fill="currentColor"/>'
    ),
    "events": (
        '<path d="M16.247 7.761a6 6 0 0 1 0 8.478"/><path d="M19.075 4.933a10 10 0 0 1 0 14.134"/>'
        '<path d="M4.925 19.067a10 10 0 0 1 0-14.134"/>'
        '<path d="M7.753 16.239a6 6 0 0 1 0-8.478"/><circle cx="12" cy="12" r="2"/>'
    ),
    "faults": (
        '<path d="M14 2v6a2 2 0 0 0 .245.96l5.51 10.08A2 2 0 0 1 18 22H6a2 2 0 0 1-1.755-2.96'
        'l5.51-10.08A2 2 0 0 0 10 8V2"/><path d="M6.453 15h11.094"/><path d="M8.5 2h7"/>'
    ),
    "arrow": '<path d="M5 12h14"/><path d="m12 5 7 7-7 7"/>',
    "close": '<path d="M18 6 6 18"/><path d="m6 6 12 12"/>',
}


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    return format_html(
        '<svg class="icon" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none" '
        'stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" '
        'aria-hidden="true">{drawn}</svg>',
        size=size,
        drawn=mark_safe(ICONS[name]),
    )


@register.filter
def number(value: int | None) -> str:
    return "—" if value is None else formats.number_format(value, force_grouping=True)


@register.filter
def plus(value: int) -> str:
    return f"+{number(value)}" if value else "0"


@register.filter
def minus(value: int) -> str:
    return f"\u2212{number(value)}" if value else "0"


@register.filter
def duration(ms: int | None) -> str:
    if ms is None:
        return "—"
    if ms < 1_000:
        return f"{ms}\u00a0ms"
    if ms < 60_000:
        return f"{formats.number_format(ms / 1_000, 1)}\u00a0s"
    return f"{ms // 60_000}\u00a0min {ms % 60_000 // 1_000}\u00a0s"


@register.filter
def when(moment: datetime | None) -> str:
    if moment is None:
        return _("Never")
    local, today = timezone.localtime(moment), timezone.localtime()
    shown = _in_words(local, today)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S %Z"),
        shown,
    )


@register.filter
def when_exactly(moment: datetime) -> str:
    """To the second, as in a log."""
    local, today = timezone.localtime(moment), timezone.localtime()
    clock = local.strftime("%H:%M:%S")
    shown = clock
    if local.date() != today.date():
        pattern = "j M" if local.year == today.year else "j M Y"
        shown = f"{formats.date_format(local, pattern)}, {clock}"
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), shown)


@register.filter
def endpoint_name(name: str) -> str:
    """The upload endpoints have names of their own; the others are called as faults call them."""
    known = {"httpapi": "HTTP V2", "batch": "Batch"}
    return known.get(name) or str(PLACES.get(name, name))


@register.filter
def fault_labels(kinds: tuple[str, ...]) -> list[str]:
    return [str(KINDS[kind].label) for kind in kinds if kind in KINDS]


def _in_words(local: datetime, today: datetime) -> str:
    clock = local.strftime("%H:%M")
    if local.date() == today.date():
        return _("today %(clock)s") % {"clock": clock}
    pattern = "j M" if local.year == today.year else "j M Y"
    return f"{formats.date_format(local, pattern)}, {clock}"


@register.filter
def clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M:%S")


@register.filter
def short(value: int) -> str:
    """Axis labels: 12.5 k, 3 M."""
    for unit, name in ((1_000_000, "M"), (10_000, "k")):
        if value >= unit:
            shown = value / (1_000 if name == "k" else unit)
            return f"{shown:g}\u00a0{name}"
    return number(value)


@register.filter
def lookup(words: dict[str, str], key: str) -> str:
    return str(words.get(key, key))
