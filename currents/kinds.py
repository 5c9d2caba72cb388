"""What an event type is called on screen. Pure: knows the catalogue and the ledger's one place for
types that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from braze_partners.events import catalogue
from currents.ledger import UNKNOWN_TYPES
from currents.picker_words import group_label, label

PREFIX = "[Appboy] "


def kind_name(event_type: str) -> str:
    """Email Open, Purchase, Custom Event: Amplitude's names without their prefix."""
    if event_type == catalogue.CUSTOM_EVENT:
        return "Custom Event"
    known = catalogue.event_types().get(event_type)
    if known is not None:
        return known.amplitude_name.removeprefix(PREFIX)
    return _("Types that nobody knows") if event_type == UNKNOWN_TYPES else event_type


def by_group(event_types: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The chosen types in the picker's order and words, by its groups."""
    chosen = set(event_types)
    found: dict[str, list[str]] = {}
    for kind in catalogue.event_types().values():
        if kind.name in chosen:
            found.setdefault(group_label(kind.group), []).append(label(kind))
    return list(found.items())
