"""The screens of pull syncs: the list, a run with its difference, and what people do with both.
HTTP only: rows come from reading, what may be done is acts' and schedules' to say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from braze_partners.celery import wake
from braze_partners.workspaces.audit import Actor, actor_of
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts import listing, undoing
from cohorts.errors import NothingToUndo, ResourceLocked
from cohorts.models import Cohort
from cohorts.syncing import acts, reading, schedules, sentences, tasks
from cohorts.syncing.errors import SyncRefused
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.showing import run_context

SCHEDULES_PER_PAGE = 50
PEOPLE_PER_PAGE = 50

RunAct = Callable[[SyncRun, Actor, datetime], SyncRun | None]
ScheduleAct = Callable[[PullSchedule, Actor, datetime], SyncRun | None]

RUN_ACTS: dict[str, tuple[RunAct, str | Promise]] = {
    "approve": (acts.approve, gettext_lazy("Approved. The change is being applied.")),
    "reject": (acts.reject, gettext_lazy("Rejected. Nothing was changed.")),
    "cancel": (acts.cancel, gettext_lazy("Cancelled. Nothing was changed.")),
    "apply": (acts.apply_dry_run, gettext_lazy("The difference is being applied.")),
    "discard": (acts.discard, gettext_lazy("Discarded. Nothing was changed.")),
}
SCHEDULE_ACTS: dict[str, tuple[ScheduleAct, str | Promise]] = {
    "sync": (acts.sync, gettext_lazy("The sync has begun.")),
    "dry-run": (acts.dry_run, gettext_lazy("The dry run has begun. It changes nothing.")),
    "resync": (
        acts.resync,
        gettext_lazy("The full re-sync has begun. It shows its difference before it applies."),
    ),
    "pause": (schedules.pause, gettext_lazy("Paused. Nothing is pulled until it is resumed.")),
    "resume": (schedules.go_on, gettext_lazy("Resumed. The next sync comes at its time.")),
}


@may(May.SEE)
@require_GET
def sync_list(request: WorkspaceRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    found = reading.with_latest(reading.schedules_of(request.workspace))
    if search:
        found = found.filter(cohort__name__icontains=search)
    found = found.order_by("cohort__name", "pk")
    page = Paginator(found, SCHEDULES_PER_PAGE).get_page(request.GET.get("page"))
    rows = [(row, sentences.cadence(row.schedule)) for row in reading.rows(page)]
    return render(request, "syncing/list.html", {"rows": rows, "page": page, "search": search})


@may(May.SEE)
@require_GET
def run_detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    run = _run(request, pk)
    removed = request.GET.get("who", "removed" if run.removed else "added") == "removed"
    after = _number(request.GET.get("after"))
    context = run_context(run) | {
        "cohort": run.cohort,
        "removed": removed,
        "changed": reading.changed(run, removed, after, PEOPLE_PER_PAGE),
        "first": after is None,
    }
    return render(request, "syncing/run.html", context)


@may(May.SEE)
@require_GET
def run_progress(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Asked again and again while a run is at work; the page is loaded anew once it has ended."""
    run = _run(request, pk)
    if run.is_active:
        return render(request, "syncing/at_work.html", run_context(run))
    answer = HttpResponse(status=204)
    answer.headers["HX-Refresh"] = "true"
    return answer


@may(May.RUN_IMPORTS)
@require_POST
def run_act(request: WorkspaceRequest, pk: int, act: str) -> HttpResponse:
    run = _run(request, pk)
    do, said = RUN_ACTS.get(act) or _unknown()
    try:
        made = do(run, actor_of(request), timezone.now())
    except SyncRefused as refused:
        messages.error(request, str(refused))
    else:
        wake(tasks.run_sync, (made or run).pk)
        messages.success(request, str(said))
    return _to_cohort(request, run.cohort_id)


@may(May.RUN_IMPORTS)
@require_POST
def schedule_act(request: WorkspaceRequest, pk: int, act: str) -> HttpResponse:
    schedule = _schedule(request, pk)
    do, said = SCHEDULE_ACTS.get(act) or _unknown()
    try:
        made = do(schedule, actor_of(request), timezone.now())
    except SyncRefused as refused:
        messages.error(request, str(refused))
    else:
        if made is not None:
            wake(tasks.run_sync, made.pk)
        messages.success(request, str(said))
    return _to_cohort(request, schedule.cohort_id)


@may(May.RUN_IMPORTS)
@require_POST
def schedule_end(request: WorkspaceRequest, pk: int) -> HttpResponse:
    schedule = _schedule(request, pk)
    cohort = schedule.cohort_id
    schedules.end(schedule, actor_of(request))
    messages.success(request, _("The schedule is ended. The cohort keeps its members."))
    return _to_cohort(request, cohort)


@may(May.RUN_IMPORTS)
@require_http_methods(["GET", "POST"])
def undo(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """What the undo of the last change would do, and the undo itself."""
    found = listing.cohorts_of(request.workspace, archived=True)
    cohort: Cohort = get_object_or_404(found.select_related("workspace"), pk=pk)
    now = timezone.now()
    try:
        if request.method == "POST":
            applied = acts.undo(cohort, actor_of(request), now)
            done = _("Undone: %(added)s put back, %(removed)s taken out.")
            messages.success(request, done % {"added": applied.added, "removed": applied.removed})
            return _to_cohort(request, pk)
        preview = undoing.preview(cohort, now)
    except (NothingToUndo, SyncRefused) as refused:
        messages.error(request, str(refused))
        return _to_cohort(request, pk)
    except ResourceLocked:
        messages.error(request, _("The cohort is being changed at the moment. Try again."))
        return _to_cohort(request, pk)
    context = {
        "cohort": cohort,
        "preview": preview,
        "after": cohort.size + preview.put_back - preview.taken_out,
        "is_pulled": reading.schedules_of(request.workspace).filter(cohort=cohort).exists(),
    }
    return render(request, "syncing/undo.html", context)


def _unknown() -> Any:
    raise Http404


def _run(request: WorkspaceRequest, pk: int) -> SyncRun:
    return get_object_or_404(reading.runs_of(request.workspace), pk=pk)


def _schedule(request: WorkspaceRequest, pk: int) -> PullSchedule:
    return get_object_or_404(reading.schedules_of(request.workspace), pk=pk)


def _to_cohort(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return redirect("cohorts:detail", request.workspace.slug, pk)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
