"""What needs someone's attention in a workspace: the bell and the home page show the same list.

Knows import runs; what troubles Currents is attention_currents.py's, what troubles pull syncs
attention_syncs.py's, what ends while it is used attention_keys.py's. Each later room adds its own
kind of trouble here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from braze_partners.dashboard.attention_currents import current_items
from braze_partners.dashboard.attention_item import AttentionItem
from braze_partners.dashboard.attention_keys import key_items
from braze_partners.dashboard.attention_syncs import sync_items
from braze_partners.keys import listing as key_listing
from braze_partners.partners import directory
from braze_partners.workspaces.models import Member, Workspace
from cohorts.models import ImportRun
from cohorts.syncing import reading

REFUSALS_SHOWN_FOR = timedelta(hours=24)


def attention_items(workspace: Workspace, member: Member, now: datetime) -> list[AttentionItem]:
    found = _troubled(workspace, now)
    return [
        *current_items(workspace, now),
        *(sync_items(workspace, now) if found.syncs else ()),
        *(_refused_requests(workspace, now) if found.requests else ()),
        *(key_items(workspace, member, now) if found.keys else ()),
    ]


class _Troubled(NamedTuple):
    syncs: bool
    requests: bool
    keys: bool


def _troubled(workspace: Workspace, now: datetime) -> _Troubled:
    """Which kinds of trouble there are, in one query: the bell asks on every page."""
    imports, rest = key_listing.any_still_told(workspace, now)
    rows = Workspace.objects.filter(pk=workspace.pk).annotate(
        syncs=Exists(reading.in_trouble(workspace)),
        requests=Exists(_recent(workspace, now).filter(state=ImportRun.State.FAILED)),
        imports=imports,
        rest=rest,
    )
    found = rows.values_list("syncs", "requests", "imports", "rest").first()
    syncs, requests, of_imports, of_rest = found or (False, False, False, False)
    return _Troubled(syncs, requests, of_imports or of_rest)


def _recent(workspace: Workspace, now: datetime) -> QuerySet[ImportRun]:
    return ImportRun.objects.filter(
        workspace=workspace, kind=ImportRun.Kind.PUSH, at__gte=now - REFUSALS_SHOWN_FOR
    )


def _refused_requests(workspace: Workspace, now: datetime) -> Iterator[AttentionItem]:
    """A partner whose newest request was refused: its deltas are lost unless it sends again."""
    recent = _recent(workspace, now)
    failed = list(
        recent.filter(state=ImportRun.State.FAILED).order_by("-id").values("partner", "id", "error")
    )
    for partner in sorted({row["partner"] for row in failed}):
        rows = [row for row in failed if row["partner"] == partner]
        newest = rows[0]
        accepted_since = recent.filter(partner=partner, id__gt=newest["id"]).exists()
        if accepted_since:
            continue
        name = directory.display_name(partner)
        yield AttentionItem(
            icon="circle-x",
            tone="red",
            title=_("The last request of %(partner)s was refused") % {"partner": name},
            facts=ngettext(
                "%(count)s refusal in 24 h · %(error)s",
                "%(count)s refusals in 24 h · %(error)s",
                len(rows),
            )
            % {"count": len(rows), "error": newest["error"]},
            url=reverse("cohorts:run", args=[workspace.slug, newest["id"]]),
            action=_("See the request"),
        )
