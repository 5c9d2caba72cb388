"""The left navigation as one table: group, label, icon, address name, right.

Knows names of addresses, not what stands behind them; an entry without an address is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.workspaces.roles import May


@dataclass(frozen=True, slots=True)
class Entry:
    """`section` is the part of the path below /w/<workspace>/ that keeps the entry current;
    empty means the entry's own address only."""

    group: str | Promise
    label: str | Promise
    icon: str
    url_name: str
    right: May = May.SEE
    section: str = ""


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str | Promise
    icon: str
    url: str
    current: bool
    trouble: Callable[[], int]  # called by the template, so that fragments do not pay for it


@dataclass(frozen=True, slots=True)
class NavGroup:
    label: str | Promise
    items: list[NavItem]


DASHBOARD, ENGAGEMENT, USERS = _("Dashboard"), _("Engagement"), _("Users")
DATA, INTEGRATIONS, SETTINGS = _("Data"), _("Integrations"), _("Settings")

ENTRIES: tuple[Entry, ...] = (
    Entry(DASHBOARD, _("Home"), "house", "dashboard:home"),
    Entry(ENGAGEMENT, _("Campaigns"), "send", "campaigns:list", section="campaigns/"),
    Entry(ENGAGEMENT, _("Canvas"), "workflow", "canvas:list", section="canvas/"),
    Entry(ENGAGEMENT, _("Segments"), "chart-pie", "segments:list", section="segments/"),
    Entry(USERS, _("User Search"), "user-search", "people:search", section="people/"),
    Entry(USERS, _("Imported Cohorts"), "users", "cohorts:list", section="cohorts/"),
    Entry(
        DATA,
        _("Data Points"),
        "chart-column",
        "cohorts:data_points",
        section="cohorts/data-points/",
    ),
    Entry(DATA, _("Import Runs"), "download", "cohorts:runs", section="cohorts/runs/"),
    Entry(
        INTEGRATIONS,
        _("Technology Partners"),
        "handshake",
        "dashboard:partners",
        section="partners/",
    ),
    Entry(INTEGRATIONS, _("Currents"), "radio", "currents:list", section="currents/"),
    Entry(
        SETTINGS,
        _("Members"),
        "user-plus",
        "workspaces:members",
        May.ADMINISTER,
        section="settings/members/",
    ),
    Entry(
        SETTINGS,
        _("REST API Keys"),
        "key",
        "keys:rest",
        May.ADMINISTER,
        section="settings/keys/",
    ),
    Entry(
        SETTINGS,
        _("Amplitude Projects"),
        "link",
        "projects:list",
        May.ADMINISTER,
        section="settings/amplitude-projects/",
    ),
    Entry(
        SETTINGS,
        _("Webhooks"),
        "webhook",
        "webhooks:list",
        May.ADMINISTER,
        section="settings/webhooks/",
    ),
    Entry(
        SETTINGS,
        _("Workspace Settings"),
        "settings",
        "workspaces:settings",
        May.ADMINISTER,
        section="settings/workspace/",
    ),
    Entry(
        SETTINGS,
        _("Audit Log"),
        "scroll-text",
        "workspaces:audit",
        May.ADMINISTER,
        section="settings/audit-log/",
    ),
)


def _address(entry: Entry, slug: str) -> str | None:
    try:
        return reverse(entry.url_name, args=[slug])
    except NoReverseMatch:
        return None


def _shown(rights: Mapping[str, bool], slug: str) -> Iterator[tuple[Entry, str]]:
    for entry in ENTRIES:
        address = _address(entry, slug)
        if address is not None and rights.get(entry.right.value):
            yield entry, address


def _current(shown: list[tuple[Entry, str]], path: str, slug: str) -> Entry | None:
    """The entry whose address or section is the longest beginning of the path."""
    best, best_length = None, 0
    for entry, address in shown:
        section = f"/w/{slug}/{entry.section}" if entry.section else ""
        length = len(address) if path == address else len(section)
        if (path == address or (section and path.startswith(section))) and length > best_length:
            best, best_length = entry, length
    return best


def groups(
    rights: Mapping[str, bool],
    slug: str,
    path: str,
    trouble: Callable[[str], int] = lambda name: 0,
) -> list[NavGroup]:
    """What this person may see and what works, with the current page marked; `trouble` counts
    what needs somebody behind an entry, by the name of its address."""
    shown = list(_shown(rights, slug))
    current = _current(shown, path, slug)
    return [
        NavGroup(
            label=label,
            items=[
                NavItem(
                    entry.label,
                    entry.icon,
                    address,
                    entry is current,
                    partial(trouble, entry.url_name),
                )
                for entry, address in rows
            ],
        )
        for label, rows in groupby(shown, key=lambda row: row[0].group)
    ]
