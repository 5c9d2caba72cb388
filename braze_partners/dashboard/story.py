"""The stories on the home page, first that of the import job: each step ticked by evidence, runs
that came over HTTP, pages that this person opened. Knows runs, segments and visits; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from braze_partners.dashboard.export_story import export_story
from braze_partners.dashboard.models import Visit
from braze_partners.dashboard.story_step import Step, Story
from braze_partners.running import sandbox_address
from braze_partners.workspaces.models import Account, Workspace
from cohorts.models import ImportRun
from cohorts.segments.models import Segment

DEMO_COHORT = "k3x9a7f2"

RUN_PAGE = "run"
SEGMENT_PAGE = "segment"
DELTA_PAGE = "delta"
# Noted when someone has seen all steps of all stories done: they stand at the page's end from then.
END = "end of the stories"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The runs and visits that the story stands on."""

    first: ImportRun | None
    delta: ImportRun | None
    segment: Segment | None
    seen: dict[str, datetime]


def seen(workspace: Workspace, account: Account) -> dict[str, datetime]:
    """The pages of the stories that this person has opened, with the first time."""
    rows = Visit.objects.filter(workspace=workspace, account=account)
    return dict(rows.values_list("page", "at"))


def evidence(workspace: Workspace, account: Account) -> Evidence:
    pushes = ImportRun.objects.filter(
        workspace=workspace,
        kind=ImportRun.Kind.PUSH,
        sequence__isnull=False,
        key__isnull=False,
    ).only("id", "at", "cohort_id", "added", "removed", "received", "duration_ms")
    pages = seen(workspace, account)
    first = pushes.order_by("id").first()
    if first is None:
        return Evidence(None, None, None, pages)
    later = pushes.filter(cohort=first.cohort_id)
    looked = pages.get(RUN_PAGE)
    later = later.filter(at__gt=looked) if looked else later.filter(removed__gt=0)
    segment = Segment.objects.filter(
        workspace=workspace, archived_at=None, cohorts=first.cohort_id
    ).first()
    return Evidence(first, later.order_by("id").first(), segment, pages)


def stories(workspace: Workspace, account: Account) -> list[Story]:
    """Both jobs' first steps; none where no sandbox runs beside us."""
    sandbox = sandbox_address()
    if not sandbox:
        return []
    found = evidence(workspace, account)
    steps = [
        _push(found, sandbox),
        _see_run(found, workspace),
        _open_segment(found, workspace),
        _push_again(found, sandbox),
        _see_delta(found, workspace),
    ]
    title = _("First steps: from Amplitude’s side to a segment")
    return [Story("import", title, steps), export_story(workspace, found.seen, sandbox)]


def is_over(workspace: Workspace, account: Account) -> bool:
    """Whether this person has seen all of it done."""
    return Visit.objects.filter(workspace=workspace, account=account, page=END).exists()


def note_end(workspace: Workspace, account: Account, now: datetime) -> None:
    Visit.objects.get_or_create(
        workspace=workspace, account=account, page=END, defaults={"at": now}
    )


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
