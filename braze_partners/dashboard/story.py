"""The first steps of the import job, each ticked by evidence: runs that came over HTTP, pages
that this person opened. Knows runs, segments and visits; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.dashboard.models import Visit
from braze_partners.running import sandbox_address
from braze_partners.workspaces.models import Account, Workspace
from cohorts.models import ImportRun
from cohorts.segments.models import Segment

DEMO_COHORT = "k3x9a7f2"

RUN_PAGE = "run"
SEGMENT_PAGE = "segment"
DELTA_PAGE = "delta"


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `done_at` is when its evidence came, `url` where to do it or to see it."""

    title: str | Promise
    text: str | Promise
    action: str | Promise
    url: str
    done_at: datetime | None
    external: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """The runs and visits that the story stands on."""

    first: ImportRun | None
    delta: ImportRun | None
    segment: Segment | None
    seen: dict[str, datetime]


def evidence(workspace: Workspace, account: Account) -> Evidence:
    pushes = ImportRun.objects.filter(
        workspace=workspace,
        kind=ImportRun.Kind.PUSH,
        sequence__isnull=False,
        key__isnull=False,
    ).only("id", "at", "cohort_id", "added", "removed", "received", "duration_ms")
    seen = dict(
        Visit.objects.filter(workspace=workspace, account=account).values_list("page", "at")
    )
    first = pushes.order_by("id").first()
    if first is None:
        return Evidence(None, None, None, seen)
    later = pushes.filter(cohort=first.cohort_id)
    looked = seen.get(RUN_PAGE)
    later = later.filter(at__gt=looked) if looked else later.filter(removed__gt=0)
    segment = Segment.objects.filter(
        workspace=workspace, archived_at=None, cohorts=first.cohort_id
    ).first()
    return Evidence(first, later.order_by("id").first(), segment, seen)


def steps(workspace: Workspace, account: Account) -> list[Step]:
    """Five steps, or none where no sandbox runs beside us and nothing has come yet."""
    found = evidence(workspace, account)
    sandbox = sandbox_address()
    if not sandbox and found.first is None:
        return []
    return [
        _push(found, sandbox),
        _see_run(found, workspace),
        _open_segment(found, workspace),
        _push_again(found, sandbox),
        _see_delta(found, workspace),
    ]


def finished(story: list[Step]) -> bool:
    return all(step.done_at for step in story)


def _cohort_in_sandbox(sandbox: str) -> str:
    return f"{sandbox}/cohorts/{DEMO_COHORT}" if sandbox else ""


def _push(found: Evidence, sandbox: str) -> Step:
    return Step(
        _("Push a cohort from the sandbox"),
        _("The key is already there: open High-intent shoppers, Sync to…, Braze, One-time, Save."),
        _("Open the sandbox"),
        _cohort_in_sandbox(sandbox),
        found.first.at if found.first else None,
        external=True,
    )


def _see_run(found: Evidence, workspace: Workspace) -> Step:
    url = reverse("cohorts:run", args=[workspace.slug, found.first.pk]) if found.first else ""
    return Step(
        _("See the run it made"),
        _("Each request is a run: received, added, removed, unchanged, skipped and why."),
        _("See the run"),
        url,
        found.seen.get(RUN_PAGE),
    )


def _open_segment(found: Evidence, workspace: Workspace) -> Step:
    url = ""
    if found.segment:
        url = reverse("segments:detail", args=[workspace.slug, found.segment.pk])
    elif found.first:
        url = reverse("segments:create", args=[workspace.slug])
        url += f"?cohort={found.first.cohort_id}"
    return Step(
        _("Open a segment of it"),
        _("Its size is exact, and the funnel says which filter costs whom."),
        _("Open the segment"),
        url,
        found.seen.get(SEGMENT_PAGE),
    )


def _push_again(found: Evidence, sandbox: str) -> Step:
    return Step(
        _("Change the cohort and push again"),
        _("In the sandbox, move some people in and out, then sync once more."),
        _("Open the sandbox"),
        _cohort_in_sandbox(sandbox) if found.first else "",
        found.delta.at if found.delta else None,
        external=True,
    )


def _see_delta(found: Evidence, workspace: Workspace) -> Step:
    url = reverse("cohorts:run", args=[workspace.slug, found.delta.pk]) if found.delta else ""
    return Step(
        _("See only the delta move"),
        _("Only who entered or left was sent and counted, not the whole list."),
        _("See the delta"),
        url,
        found.seen.get(DELTA_PAGE),
    )
