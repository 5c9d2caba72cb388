"""The screens of import runs, their groups and skipped identifiers over all cohorts. HTTP only:
rows come from run_listing and skipped_search, re-applying is reapplying's."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from braze_partners.celery import wake
from braze_partners.partners import directory
from braze_partners.workspaces.audit import record_for
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts import groups, listing, reapplying, run_listing, skipped_search, tasks
from cohorts.errors import ReapplyRefused
from cohorts.forms import RunFilterForm, SkippedFilterForm
from cohorts.models import Cohort, ImportRun, Reapplication
from cohorts.reapply_rule import resolve

RUNS_PER_PAGE = 50
SKIPPED_PER_PAGE = 50


@may(May.SEE)
@require_GET
def run_list(request: WorkspaceRequest) -> HttpResponse:
    """Import runs over all cohorts, a group of pushes as one row; the filters are in the URL."""
    form = RunFilterForm(request.GET)
    filters, zone = form.filters(), timezone.get_current_timezone()
    rows = run_listing.found(request.workspace, filters, zone, grouped=True)
    context = _page(request, rows) | {
        "form": form,
        "filtered": filters.any,
        "partners": [
            (slug, directory.display_name(slug))
            for slug in listing.partners_with_cohorts(request.workspace)
        ],
        "keys": run_listing.keys_of(request.workspace),
        "kinds": ImportRun.Kind.choices,
        "states": ImportRun.State.choices,
        "cohort": _chosen_cohort(request, filters.cohort),
    }
    return render(request, "cohorts/runs.html", context)


@may(May.SEE)
@require_GET
def run_group(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The requests of a group of pushes."""
    first = run_listing.first_run_of_group(request.workspace, pk)
    if first is None or first.group is None:
        raise Http404
    runs = groups.runs_of(first.group).select_related("cohort", "key").defer(*listing.BLOBS)
    context = _page(request, runs.order_by("-pk")) | {
        "first_run": first,
        "group": first.group,
        "finished": groups.finished(first.group, first.group.cohort, timezone.now()),
        "took": first.group.last_at - first.group.began_at,
    }
    return render(request, "cohorts/run_group.html", context)


@may(May.SEE)
@require_GET
def run_detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    run = run_listing.run_of(request.workspace, pk)
    if run is None:
        raise Http404
    where = skipped_search.Where(request.workspace.pk, request.GET.get("q", ""), run_id=run.pk)
    context = _skips(request, where) if run.skipped_list is not None else {}
    context |= {
        "run": run,
        "sought": where.text,
        "expired": run.skipped > 0 and run.skipped_list is None,
    }
    return render(request, "cohorts/run.html", context)


@may(May.SEE)
@require_GET
def skipped_list(request: WorkspaceRequest) -> HttpResponse:
    """Skipped identifiers of the last 30 days: of the workspace, or of one cohort."""
    form = SkippedFilterForm(request.GET)
    where = form.where(request.workspace.pk)
    cohort = _chosen_cohort(request, where.cohort_id)
    if where.cohort_id is not None and cohort is None:
        raise Http404
    context = _skips(request, where) | {
        "sought": where.text,
        "reason": where.reason,
        "cohort": cohort,
        "under_way": cohort and _under_way(cohort),
    }
    return render(request, "cohorts/skipped.html", context)


@may(May.RUN_IMPORTS)
@require_POST
def reapply_cohort(request: WorkspaceRequest, pk: int) -> HttpResponse:
    cohort = get_object_or_404(Cohort, workspace=request.workspace, pk=pk)
    return _start(request, cohort, None)


@may(May.RUN_IMPORTS)
@require_POST
def reapply_run(request: WorkspaceRequest, pk: int) -> HttpResponse:
    run = run_listing.run_of(request.workspace, pk)
    if run is None or run.cohort is None:
        raise Http404
    return _start(request, run.cohort, run)


@may(May.SEE)
@require_GET
def reapplication(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    return render(request, "cohorts/reapply.html", {"job": _job(request, pk)})


@may(May.SEE)
@require_GET
def reapplication_progress(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """The part of the page that is asked for again and again while it runs."""
    return render(request, "cohorts/reapply_progress.html", {"job": _job(request, pk)})


@may(May.RUN_IMPORTS)
@require_POST
def reapplication_cancel(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    job = _job(request, pk)
    try:
        reapplying.cancel(job, timezone.now())
    except ReapplyRefused as refused:
        messages.error(request, str(refused))
    return redirect("cohorts:reapplication", request.workspace.slug, job.pk)


def _start(request: WorkspaceRequest, cohort: Cohort, run: ImportRun | None) -> HttpResponse:
    try:
        job = reapplying.start(cohort, run=run, by=request.member.account, now=timezone.now())
    except ReapplyRefused as refused:
        messages.error(request, str(refused))
        if run is not None:
            return redirect("cohorts:run", request.workspace.slug, run.pk)
        return redirect("cohorts:detail", request.workspace.slug, cohort.pk)
    detail = {"run": run.pk} if run is not None else None
    record_for(request, "cohort.skips_reapplied", cohort.label, detail)
    if not reapplying.is_small(job) or reapplying.run(str(job.pk), timezone.now):
        wake(tasks.run_reapplication, str(job.pk))
    return redirect("cohorts:reapplication", request.workspace.slug, job.pk)


def _job(request: WorkspaceRequest, pk: uuid.UUID) -> Reapplication:
    jobs = Reapplication.objects.filter(workspace=request.workspace)
    jobs = jobs.select_related("cohort", "run", "created_by")
    found: Reapplication = get_object_or_404(
        jobs.defer("by_external_id", "by_others", *(f"run__{blob}" for blob in listing.BLOBS)),
        pk=pk,
    )
    return found


def _under_way(cohort: Cohort) -> Reapplication | None:
    jobs = Reapplication.objects.filter(cohort=cohort, state__in=reapplying.UNFINISHED)
    return jobs.only("id").first()


def _chosen_cohort(request: WorkspaceRequest, pk: int | None) -> Cohort | None:
    return Cohort.objects.filter(workspace=request.workspace, pk=pk).first() if pk else None


def _page(request: WorkspaceRequest, runs: Any) -> dict[str, Any]:
    before = request.GET.get("before", "")
    before = before if before.isascii() and before.isdigit() and len(before) < 19 else ""
    rows = list((runs.filter(pk__lt=int(before)) if before else runs)[: RUNS_PER_PAGE + 1])
    return {
        "runs": rows[:RUNS_PER_PAGE],
        "before": rows[RUNS_PER_PAGE - 1].pk if len(rows) > RUNS_PER_PAGE else None,
        "first": not before,
    }


def _skips(request: WorkspaceRequest, where: skipped_search.Where) -> dict[str, Any]:
    after = skipped_search.read_place(request.GET.get("after", ""))
    found = skipped_search.search(where, timezone.now(), SKIPPED_PER_PAGE, after)
    numbers = resolve(where.workspace_id, [skip.entry for skip in found.skips])
    return {
        "skips": list(zip(found.skips, numbers, strict=True)),
        "after": found.after,
        "back_to": found.back_to,
        "first": after is None,
    }
