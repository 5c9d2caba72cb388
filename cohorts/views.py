"""The screens of imported cohorts. HTTP only: rows come from listing, who is in
from membership, why from explaining."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from braze_partners.partners import directory
from braze_partners.people.finding import find_person, identifiers_of
from braze_partners.workspaces.audit import record_for
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts import history, keeping, listing, membership
from cohorts.errors import CohortInUse
from cohorts.models import Cohort, ImportRun
from cohorts.syncing.showing import cohort_context

COHORTS_PER_PAGE = 50
RUNS_PER_PAGE = 50
RUNS_ON_OVERVIEW = 7
MEMBERS_PER_PAGE = 50


@may(May.SEE)
@require_GET
def cohort_list(request: WorkspaceRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    partner, archived = request.GET.get("partner", ""), request.GET.get("archived") == "1"
    found = listing.cohorts_of(request.workspace, search=search, partner=partner, archived=archived)
    page = Paginator(found, COHORTS_PER_PAGE).get_page(request.GET.get("page"))
    day_ago = timezone.now() - listing.RANGES["7d"] / 7
    changes = listing.changes_since([cohort.pk for cohort in page], day_ago)
    context = {
        "rows": [(cohort, changes.get(cohort.pk, listing.Change())) for cohort in page],
        "page": page,
        "partners": [
            (slug, directory.display_name(slug))
            for slug in listing.partners_with_cohorts(request.workspace)
        ],
        "search": search,
        "partner": partner,
        "archived": archived,
    }
    return render(request, "cohorts/list.html", context)


def _cohort(request: WorkspaceRequest, pk: int) -> Cohort:
    return get_object_or_404(listing.cohorts_of(request.workspace, archived=True), pk=pk)


@may(May.SEE)
@require_GET
def cohort_detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    cohort = _cohort(request, pk)
    now = timezone.now()
    chosen = request.GET.get("range", "60d")
    span = listing.RANGES.get(chosen, listing.RANGES["60d"])
    day_ago = now - listing.RANGES["7d"] / 7
    runs = list(listing.runs_of(request.workspace, cohort=cohort)[:RUNS_ON_OVERVIEW])
    points = history.size_history(cohort, now - span, now)
    context = (
        cohort_context(cohort)
        | _heading(cohort, "overview")
        | {
            "change": listing.changes_since([cohort.pk], day_ago).get(cohort.pk, listing.Change()),
            "last_run": runs[0] if runs else None,
            "runs": runs,
            "points": points,
            "extremes": _extremes(points),
            "ranges": list(listing.RANGES),
            "chosen": chosen if chosen in listing.RANGES else "60d",
        }
    )
    return render(request, "cohorts/detail.html", context)


@may(May.SEE)
@require_GET
def cohort_members(request: WorkspaceRequest, pk: int) -> HttpResponse:
    cohort = _cohort(request, pk)
    sought = request.GET.get("q", "").strip()
    context = _heading(cohort, "members") | {"sought": sought}
    if sought:
        person = find_person(request.workspace.pk, sought)
        inside = person is not None and membership.is_member(cohort, person.number)
        people = [person] if person is not None and inside else []
        context |= {"people": people, "unknown": person is None, "after": None}
    else:
        after = _number(request.GET.get("after"))
        numbers = membership.members_page(cohort, after, MEMBERS_PER_PAGE + 1)
        shown = numbers[:MEMBERS_PER_PAGE]
        context |= {
            "people": identifiers_of(request.workspace.pk, shown),
            "after": shown[-1] if len(numbers) > MEMBERS_PER_PAGE else None,
            "first": after is None,
        }
    return render(request, "cohorts/members.html", context)


@may(May.SEE)
@require_GET
def cohort_runs(request: WorkspaceRequest, pk: int) -> HttpResponse:
    cohort = _cohort(request, pk)
    return render(
        request,
        "cohorts/cohort_runs.html",
        _heading(cohort, "runs") | _page_of_runs(request, cohort=cohort),
    )


@may(May.SEE)
@require_GET
def cohort_used_in(request: WorkspaceRequest, pk: int) -> HttpResponse:
    cohort = _cohort(request, pk)
    uses = cohort.used_by.select_related("segment").order_by("segment__name")
    targeting = cohort.targeted_by.select_related("outreach").order_by("outreach__name")
    return render(
        request,
        "cohorts/used_in.html",
        _heading(cohort, "used_in")
        | {
            "segments": [use.segment for use in uses],
            "outreaches": [use.outreach for use in targeting],
        },
    )


@may(May.RUN_IMPORTS)
@require_POST
def cohort_archive(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Archives a cohort, or takes it back: it goes on accepting pushes either way."""
    cohort = _cohort(request, pk)
    back = request.POST.get("undo") == "1"
    if keeping.set_archived(cohort, not back, timezone.now()):
        record_for(request, "cohort.unarchived" if back else "cohort.archived", cohort.label)
    messages.success(
        request,
        _("The cohort is back in the list.")
        if back
        else _("Archived. It goes on accepting pushes, and segments go on counting it."),
    )
    return redirect("cohorts:detail", request.workspace.slug, cohort.pk)


@may(May.DELETE)
@require_POST
def cohort_delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    cohort = _cohort(request, pk)
    try:
        keeping.delete(cohort)
    except CohortInUse:
        messages.error(
            request,
            _("Not deleted: this cohort is in use. Take it out of what stands here first."),
        )
        return redirect("cohorts:used_in", request.workspace.slug, pk)
    record_for(request, "cohort.deleted", cohort.label)
    messages.success(request, _("The cohort and its runs are deleted."))
    return redirect("cohorts:list", request.workspace.slug)


def _extremes(points: list[tuple[datetime, int]]) -> dict[str, int]:
    """What the chart says in one sentence, for who can't see it."""
    sizes = [size for _at, size in points] or [0]
    return {"first": sizes[0], "last": sizes[-1], "low": min(sizes), "high": max(sizes)}


def _page_of_runs(request: WorkspaceRequest, cohort: Cohort | None = None) -> dict[str, Any]:
    state, partner = request.GET.get("state", ""), request.GET.get("partner", "")
    before = _number(request.GET.get("before"))
    runs = listing.runs_of(
        request.workspace, cohort=cohort, state=state, partner=partner, before=before
    )
    rows = list(runs[: RUNS_PER_PAGE + 1])
    return {
        "runs": rows[:RUNS_PER_PAGE],
        "before": rows[RUNS_PER_PAGE - 1].pk if len(rows) > RUNS_PER_PAGE else None,
        "first": before is None,
        "state": state,
        "partner": partner,
        "states": ImportRun.State.choices,
        "partners": [
            (slug, directory.display_name(slug))
            for slug in listing.partners_with_cohorts(request.workspace)
        ],
    }


def _heading(cohort: Cohort, tab: str) -> dict[str, Any]:
    return {
        "cohort": cohort,
        "tab": tab,
        "run_count": cohort.runs.count(),
    }


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
