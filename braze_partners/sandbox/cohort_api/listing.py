"""Cohorts as the list of the API tells them; it reads rows and changes none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max, Q

from braze_partners.sandbox.models import Cohort, CohortLink, Sync

SYNCED, FAILED = Sync.State.SYNCED, Sync.State.FAILED


def listed(*, with_syncs: bool) -> list[dict[str, Any]]:
    syncs = _syncs() if with_syncs else {}
    rows = [_row(cohort) for cohort in Cohort.objects.all()]
    if with_syncs:
        for row in rows:
            row["syncMetadata"] = syncs.get(row["id"], [])
    return rows


def _row(cohort: Cohort) -> dict[str, Any]:
    return {
        "appId": settings.APP_ID,
        "id": cohort.pk,
        "name": cohort.name,
        "description": cohort.description,
        "archived": cohort.archived,
        "published": cohort.published,
        "finished": True,
        "hidden": False,
        "size": cohort.size,
        "type": "UNIQUE",
        "owners": [cohort.owner] if cohort.owner else [],
        "viewers": [],
        "definition": definition(cohort),
        "lastMod": _seconds(cohort.changed_at),
        "createdAt": _seconds(cohort.created_at),
        "lastComputed": _seconds(cohort.computed_at or cohort.changed_at),
    }


def definition(cohort: Cohort) -> dict[str, Any]:
    if cohort.by_rule:
        return {"kind": "rule", "match": cohort.match, "conditions": cohort.conditions}
    return {"kind": "list"}


def _syncs() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    links = CohortLink.objects.filter(syncs__isnull=False).annotate(
        succeeded=Max("syncs__finished_at", filter=Q(syncs__state=SYNCED)),
        failed=Max("syncs__finished_at", filter=Q(syncs__state=FAILED)),
    )
    for link in links.order_by("pk"):
        found.setdefault(link.cohort_id, []).append(
            {
                "target": "braze",
                "frequency": link.cadence,
                "last_successful": _iso(link.succeeded),
                "last_failure": _iso(link.failed),
                "params": {"send_as": link.send_as, "rest_endpoint": link.rest_endpoint},
            }
        )
    return found


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
