"""What the cohort screens and endpoints read: cohorts, their runs, their latest change.

Reads rows only; who is in a cohort is told by membership.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet, Sum

from braze_partners.workspaces.models import Workspace
from cohorts.models import Cohort, ImportRun

BLOBS = ("added_bits", "removed_bits", "skipped_list", "absent_bits")

WITHOUT_DATA_POINTS = (ImportRun.Kind.DELETION, ImportRun.Kind.MERGE)
DATA_POINTS = Sum(F("added") + F("removed"), filter=~Q(kind__in=WITHOUT_DATA_POINTS), default=0)

RANGES = {
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "60d": timedelta(days=60),
    "1y": timedelta(days=365),
}


@dataclass(frozen=True, slots=True)
class Change:
    """Users added and removed in a span of time. Each is one data point, unless the person was
    deleted here or merged: the partner pays for neither (product.md 3.3)."""

    added: int = 0
    removed: int = 0
    data_points: int = 0

    @property
    def net(self) -> int:
        return self.added - self.removed


def cohorts_of(
    workspace: Workspace, *, search: str = "", partner: str = "", archived: bool = False
) -> QuerySet[Cohort]:
    """Cohorts by latest run, each with how many segments (`segment_uses`), and how many campaigns
    and Canvases with filters of their own (`messaging_uses`), refer to it; `uses` is both."""
    found = Cohort.objects.filter(workspace=workspace).annotate(
        segment_uses=Count("used_by", distinct=True),
        messaging_uses=Count("targeted_by", distinct=True),
    )
    found = found.annotate(uses=F("segment_uses") + F("messaging_uses"))
    if not archived:
        found = found.filter(archived_at=None)
    if partner:
        found = found.filter(partner=partner)
    if search:
        found = found.filter(Q(name__icontains=search) | Q(cohort_id__icontains=search))
    return found.order_by("-last_run_at", "-id")


def partners_with_cohorts(workspace: Workspace) -> list[str]:
    """Slugs of the partners that have sent at least one cohort."""
    slugs = Cohort.objects.filter(workspace=workspace).values_list("partner", flat=True)
    return sorted(set(slugs.distinct()))


def changes_since(cohort_ids: Iterable[int], since: datetime) -> dict[int, Change]:
    """The changes of each cohort after `since`, in one query."""
    rows = (
        ImportRun.objects.filter(cohort_id__in=list(cohort_ids), at__gt=since)
        .values("cohort_id")
        .annotate(added_sum=Sum("added"), removed_sum=Sum("removed"), points=DATA_POINTS)
    )
    return {
        row["cohort_id"]: Change(row["added_sum"], row["removed_sum"], row["points"])
        for row in rows
    }


def runs_of(
    workspace: Workspace,
    *,
    cohort: Cohort | None = None,
    partner: str = "",
    state: str = "",
    before: int | None = None,
) -> QuerySet[ImportRun]:
    """Runs from the newest on, without their bitmaps; `before` is the id to go on from."""
    runs = ImportRun.objects.filter(workspace=workspace).select_related("cohort", "key")
    if cohort is not None:
        runs = runs.filter(cohort=cohort)
    if partner:
        runs = runs.filter(partner=partner)
    if state:
        runs = runs.filter(state=state)
    if before is not None:
        runs = runs.filter(id__lt=before)
    return runs.defer(*BLOBS).order_by("-id")
