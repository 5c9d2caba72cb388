"""What a REST API key may be allowed, as one table: name, group, words. Knows no endpoint.

Names of Braze's own endpoints are Braze's (wire/braze-users-track.md); those of /api/v1/ are ours:
the thing and `read` or `write`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Permission:
    name: str
    group: Text
    text: Text


BRAZE, WORKSPACE, KEYS = _("Braze-compatible endpoints"), _("Workspace"), _("Keys")
PEOPLE, COHORTS, SEGMENTS, CURRENTS = _("People"), _("Cohorts"), _("Segments"), _("Currents")
MESSAGING = _("Campaigns and Canvases")

PERMISSIONS: tuple[Permission, ...] = (
    Permission("segments.list", BRAZE, _("List segments: GET /segments/list")),
    Permission("segments.details", BRAZE, _("Read a segment: GET /segments/details")),
    Permission("campaigns.list", BRAZE, _("List campaigns: GET /campaigns/list")),
    Permission("canvas.list", BRAZE, _("List Canvases: GET /canvas/list")),
    Permission(
        "segments.data_series", BRAZE, _("Read a segment's sizes: GET /segments/data_series")
    ),
    Permission("users.track", BRAZE, _("Write profiles and events: POST /users/track")),
    Permission("users.identify", BRAZE, _("Identify and merge people: POST /users/identify")),
    Permission("users.alias.new", BRAZE, _("Add aliases: POST /users/alias/new")),
    Permission("users.delete", BRAZE, _("Delete people: POST /users/delete")),
    Permission("users.export.ids", BRAZE, _("Export people by id: POST /users/export/ids")),
    Permission(
        "users.export.segment", BRAZE, _("Export a segment's people: POST /users/export/segment")
    ),
    Permission("events.list", BRAZE, _("List names of custom events: GET /events/list")),
    Permission("currents.events", BRAZE, _("Send events: POST /currents/events")),
    Permission("people.read", PEOPLE, _("Look up profiles")),
    Permission("people.write", PEOPLE, _("Import and delete profiles")),
    Permission("cohorts.read", COHORTS, _("Read cohorts, their members and import runs")),
    Permission(
        "cohorts.write", COHORTS, _("Archive and delete cohorts, re-apply skipped identifiers")
    ),
    Permission("syncs.read", COHORTS, _("Read pull schedules and their runs")),
    Permission("syncs.write", COHORTS, _("Schedule, run, decide and undo pull syncs")),
    Permission("segments.read", SEGMENTS, _("Read segments, their sizes and members")),
    Permission("segments.export", SEGMENTS, _("Export the members of segments as CSV files")),
    Permission("segments.write", SEGMENTS, _("Create, edit, archive and delete segments")),
    Permission("campaigns.read", MESSAGING, _("Read campaigns and the sizes of their audiences")),
    Permission("campaigns.write", MESSAGING, _("Create, edit and archive campaigns")),
    Permission("canvases.read", MESSAGING, _("Read Canvases and the sizes of their audiences")),
    Permission("canvases.write", MESSAGING, _("Create, edit and archive Canvases")),
    Permission("currents.read", CURRENTS, _("Read Currents and the event types they can export")),
    Permission("currents.write", CURRENTS, _("Create, edit, launch, pause and delete Currents")),
    Permission("currents.bodies", CURRENTS, _("Read requests and answers of attempts")),
    Permission("partners.read", WORKSPACE, _("Read the technology partners and their state")),
    Permission("amplitude_projects.read", WORKSPACE, _("List Amplitude projects, without keys")),
    Permission(
        "amplitude_projects.write", WORKSPACE, _("Add, test, change and delete Amplitude projects")
    ),
    Permission("workspace.read", WORKSPACE, _("Read the workspace and its settings")),
    Permission("workspace.write", WORKSPACE, _("Change the workspace’s settings")),
    Permission("members.read", WORKSPACE, _("List the members")),
    Permission("audit.read", WORKSPACE, _("Read the audit log")),
    Permission("webhooks.read", WORKSPACE, _("Read webhooks and their deliveries")),
    Permission("webhooks.write", WORKSPACE, _("Create, edit, test, pause and delete webhooks")),
    Permission("import_keys.read", KEYS, _("List data import keys")),
    Permission("import_keys.write", KEYS, _("Generate, rotate and invalidate data import keys")),
    Permission("rest_keys.read", KEYS, _("List REST API keys")),
    Permission("rest_keys.write", KEYS, _("Generate, rotate and invalidate REST API keys")),
)
NAMES = frozenset(permission.name for permission in PERMISSIONS)


@dataclass(frozen=True, slots=True)
class Group:
    name: Text
    permissions: tuple[Permission, ...]


def groups(permissions: Iterable[Permission] = PERMISSIONS) -> list[Group]:
    """In the table's order."""
    return [Group(name, tuple(rows)) for name, rows in groupby(permissions, lambda p: p.group)]


def unknown(names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in NAMES]
