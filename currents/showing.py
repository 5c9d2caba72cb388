"""What the form of a Current shows: fields with their errors, the picker with its counts, the
preview of a payload. Knows the draft and the catalogue; knows no HTML and writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from braze_partners.events import catalogue
from braze_partners.partners.amplitude.hosts import NoHost, Region, base_url, regions
from currents import picker_words, picking
from currents.amplitude.samples import sample
from currents.drafts import Draft
from currents.errors import Difference
from currents.models import Current
from currents.states import State

# Groups that stand open where nothing is chosen yet, in each category.
OPEN_AT_FIRST = 4
# Event types that one side of a difference names.
NAMED = 6


@dataclass(frozen=True, slots=True)
class ShownType:
    name: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """`key` names it in the acts of the form; `dom` in the page."""

    key: str
    dom: str
    label: str
    types: list[ShownType]
    is_open: bool

    @property
    def total(self) -> int:
        return len(self.types)

    @property
    def chosen(self) -> int:
        return sum(kind.chosen for kind in self.types)

    @property
    def is_full(self) -> bool:
        return self.chosen == self.total


@dataclass(frozen=True, slots=True)
class ShownFold:
    """The groups that came later, behind one head."""

    groups: list[ShownGroup]
    examples: str
    more: bool

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups)

    @property
    def chosen(self) -> int:
        return sum(group.chosen for group in self.groups)

    @property
    def is_full(self) -> bool:
        return self.chosen == self.total


@dataclass(frozen=True, slots=True)
class CategoryWords:
    title: Promise
    ask: Promise
    select_all: Promise


@dataclass(frozen=True, slots=True)
class ShownCategory:
    key: str
    words: CategoryWords
    groups: list[ShownGroup]
    fold: ShownFold

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups) + self.fold.total

    @property
    def chosen(self) -> int:
        return sum(group.chosen for group in self.groups) + self.fold.chosen

    @property
    def is_full(self) -> bool:
        return self.chosen == self.total


@dataclass(frozen=True, slots=True)
class ShownRegion:
    value: str
    label: str
    host: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Preview:
    name: str
    label: str
    payload: Mapping[str, Any]
    chosen: bool


@dataclass(frozen=True, slots=True)
class ShownForm:
    """`key_hint` is of the stored key, or of the one that was typed and travels in `kept_key`."""

    draft: Draft
    regions: list[ShownRegion]
    categories: list[ShownCategory]
    preview: Preview
    errors: Mapping[str, str] = field(default_factory=dict)
    key_hint: str = ""
    kept_key: str = ""
    removed: int = 0
    current: Current | None = None

    @property
    def total(self) -> int:
        return sum(category.total for category in self.categories)

    @property
    def chosen(self) -> int:
        return sum(category.chosen for category in self.categories)

    @property
    def is_draft(self) -> bool:
        return self.current is None or self.current.state == State.DRAFT

    @property
    def host(self) -> str:
        return next((region.host for region in self.regions if region.chosen), "")


WORDS = {
    picking.MESSAGE_ENGAGEMENT: CategoryWords(
        _("Message Engagement Events"),
        _("Select Message Engagement Events you would like to export."),
        _("Select All Message Engagement Events"),
    ),
    picking.CUSTOMER_BEHAVIOR: CategoryWords(
        _("Customer Behavior Events"),
        _("Select Customer Behavior Events you would like to export."),
        _("Select All Customer Behavior Events"),
    ),
}


def categories(names: Iterable[str]) -> list[ShownCategory]:
    chosen = set(names)
    return [_category(category, chosen) for category in picking.categories()]


def _category(category: picking.Category, chosen: Collection[str]) -> ShownCategory:
    at_first = range(OPEN_AT_FIRST if not chosen else 0)
    groups = [
        _group(category, group, chosen, place in at_first)
        for place, group in enumerate(category.groups)
    ]
    return ShownCategory(category.name, WORDS[category.name], groups, _fold(category, chosen))


def _fold(category: picking.Category, chosen: Collection[str]) -> ShownFold:
    groups = [_group(category, group, chosen, False) for group in category.later]
    examples = [picker_words.short_label(group.name) for group in category.later]
    shown = examples[: picker_words.EXAMPLES]
    return ShownFold(groups, ", ".join(shown), len(examples) > len(shown))


def _group(
    category: picking.Category, group: picking.Group, chosen: Collection[str], is_open: bool
) -> ShownGroup:
    types = [
        ShownType(kind.name, picker_words.label(kind), kind.name in chosen) for kind in group.types
    ]
    return ShownGroup(
        key=f"{category.name}/{group.name}",
        dom=f"group-{group.types[0].order}",
        label=picker_words.group_label(group.name),
        types=types,
        is_open=is_open or any(kind.chosen for kind in types),
    )


FIELDS: dict[str, Promise] = {
    "name": _("Integration Name"),
    "contact_email": _("Contact Email"),
    "api_key": _("API Key"),
    "region": _("Amplitude Region"),
    "include_anonymous": _("Include events from anonymous users"),
    "event_types": _("Event types"),
}


@dataclass(frozen=True, slots=True)
class ShownDifference:
    label: str
    stored: str
    entered: str


def difference(found: Difference) -> ShownDifference:
    if found.field == "event_types":
        stored, entered = set(found.stored), set(found.entered)
        return ShownDifference(
            str(FIELDS[found.field]),
            _types_in_words(found.stored, stored - entered),
            _types_in_words(found.entered, entered - stored),
        )
    return ShownDifference(
        str(FIELDS[found.field]), _in_words(found.stored), _in_words(found.entered)
    )


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    labels = {region.value: str(region.label) for region in Region}
    return labels.get(value, value) or "—"


def _types_in_words(names: Collection[str], own: Collection[str]) -> str:
    """How many, and those that only this side has."""
    kinds = catalogue.event_types()
    told = ngettext("%(count)s event type", "%(count)s event types", len(names)) % {
        "count": len(names)
    }
    listed = [picker_words.full_label(kinds[name]) for name in names if name in own]
    if not listed:
        return told
    more = [] if len(listed) <= NAMED else ["…"]
    return told + gettext(", only here: %(types)s") % {"types": "; ".join(listed[:NAMED] + more)}


def shown_regions(chosen: str, stored: str = "") -> list[ShownRegion]:
    return [
        ShownRegion(region.value, str(region.label), _host(region), region.value == chosen)
        for region in regions(stored)
    ]


def _host(region: Region) -> str:
    """Empty while the sandbox does not run."""
    try:
        return urlsplit(base_url(region)).netloc
    except NoHost:
        return ""


def preview(name: str, chosen: Collection[str]) -> Preview:
    """Of a type of the catalogue."""
    kind = catalogue.event_types()[name]
    return Preview(name, picker_words.full_label(kind), sample(kind), name in chosen)
