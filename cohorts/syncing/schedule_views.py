"""Scheduling a pull on screen: choose a project, a cohort of its list, then when. HTTP only."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from braze_partners.celery import wake
from braze_partners.partners import project_checks, projects
from braze_partners.partners import tasks as project_tasks
from braze_partners.partners.directory import AMPLITUDE
from braze_partners.partners.errors import TooManyChecks
from braze_partners.partners.models import AmplitudeProject
from braze_partners.partners.project_views import check_context
from braze_partners.workspaces.audit import actor_of
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from braze_partners.workspaces.workspace_settings import time_zones
from cohorts.models import Cohort
from cohorts.syncing import acts, allowance, reading, schedules, sentences, tasks
from cohorts.syncing.errors import ScheduleRefused
from cohorts.syncing.limits import HOLD_PERCENT
from cohorts.syncing.models import PullSchedule
from cohorts.syncing.schedules import Remote, Timing, timing_of

LISTED = 50
NO_PROBLEMS: dict[str, str] = {}
Cadence = PullSchedule.Cadence


@may(May.RUN_IMPORTS)
@require_GET
def choose(request: WorkspaceRequest) -> HttpResponse:
    """The project, and a cohort of its list. The only project is chosen at once."""
    offered = list(projects.projects_of(request.workspace))
    wanted = request.GET.get("project", "")
    project = next((one for one in offered if str(one.pk) == wanted), None)
    if project is None and len(offered) == 1:
        project = offered[0]
    context: dict[str, Any] = {"projects": offered, "project": project}
    if project is not None:
        _ask_if_old(request, project, anew=request.GET.get("anew") == "1")
        context |= _list_context(request, project)
    return render(request, "syncing/choose.html", context)


@may(May.RUN_IMPORTS)
@require_GET
def remote_list(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The list alone, for typing in the search and for waiting until Amplitude has answered."""
    project = get_object_or_404(projects.projects_of(request.workspace), pk=pk)
    return render(request, "syncing/remote_list.html", _list_context(request, project))


@may(May.RUN_IMPORTS)
@require_http_methods(["GET", "POST"])
def new(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """When the chosen cohort is pulled."""
    project = get_object_or_404(projects.projects_of(request.workspace), pk=pk)
    data = request.POST if request.method == "POST" else request.GET
    listed = project_checks.listed_one(project, data.get("cohort", ""))
    if listed is None:
        messages.error(request, _("Choose a cohort from the project’s list."))
        return redirect("syncs:choose", request.workspace.slug)
    timing, problems = _first_timing(request), NO_PROBLEMS
    if request.method == "POST":
        timing, problems = read_timing(request)
        if not problems:
            remote = Remote(listed.id, listed.name)
            try:
                made = schedules.schedule(
                    request.workspace, project, remote, timing, actor_of(request), timezone.now()
                )
                return _scheduled(request, made)
            except ScheduleRefused as refused:
                problems = refused.problems
    context = _form_context(request, project, timing, problems) | {"listed": listed}
    return render(request, "syncing/new.html", context, status=422 if problems else 200)


@may(May.RUN_IMPORTS)
@require_http_methods(["GET", "POST"])
def edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(reading.schedules_of(request.workspace), pk=pk)
    timing, problems = timing_of(found), NO_PROBLEMS
    if request.method == "POST":
        timing, problems = read_timing(request)
        if not problems:
            try:
                schedules.change(found, timing, actor_of(request), timezone.now())
                messages.success(request, _("The schedule is changed."))
                return redirect("cohorts:detail", request.workspace.slug, found.cohort_id)
            except ScheduleRefused as refused:
                problems = refused.problems
    context = _form_context(request, found.project, timing, problems, found)
    context |= {"schedule": found, "cohort": found.cohort}
    return render(request, "syncing/edit.html", context, status=422 if problems else 200)


def read_timing(request: WorkspaceRequest) -> tuple[Timing, dict[str, str]]:
    """A field that is no number is a problem of its own; the rest is schedules.py's to say."""
    data, problems = request.POST, {}
    numbers: dict[str, int] = {}
    hour, _colon, minute = data.get("time", "").partition(":")
    daily = data.get("cadence") == Cadence.DAILY
    texts = {"hour": hour if daily else "0", "minute": minute if daily else data.get("minute", "0")}
    for name, text in texts.items():
        if text.isascii() and text.strip().isdigit() and len(text) < 6:
            numbers[name] = int(text)
    if len(numbers) < len(texts):
        problems["time" if daily else "minute"] = (
            _("Enter a time such as 12:00.") if daily else _("A minute is a number from 0 to 59.")
        )
    percent, holds = data.get("hold_percent", "").strip(), data.get("hold") == "1"
    if holds and not (percent.isascii() and percent.isdigit() and len(percent) < 6):
        problems["hold_percent"] = _("A share is a number from 0 to 100 percent.")
    held = int(percent) if holds and "hold_percent" not in problems else None
    timing = Timing(
        data.get("cadence", ""),
        numbers.get("minute", 0),
        numbers.get("hour", 0),
        data.get("time_zone", ""),
        held,
        data.get("email", "").strip(),
    )
    return timing, problems


def _first_timing(request: WorkspaceRequest) -> Timing:
    zone = request.workspace.time_zone
    return Timing(Cadence.HOURLY, 15, 6, zone, HOLD_PERCENT, request.member.account.email)


def _scheduled(request: WorkspaceRequest, made: PullSchedule) -> HttpResponse:
    """One-time begins at once; the others at their time."""
    run = acts.start_due(made.pk, timezone.now())
    if run is not None:
        wake(tasks.run_sync, run.pk)
    messages.success(request, _("The sync is scheduled."))
    return redirect("cohorts:detail", request.workspace.slug, made.cohort_id)


def _ask_if_old(request: WorkspaceRequest, project: AmplitudeProject, *, anew: bool) -> None:
    now = timezone.now()
    if not anew and (project_checks.is_fresh(project, now) or _failed_lately(project)):
        return
    try:
        check = project_checks.ask(project, actor_of(request), now)
    except TooManyChecks:
        return
    wake(project_tasks.run_project_check, check.pk)


def _failed_lately(project: AmplitudeProject) -> bool:
    """A refusal is shown, with *Ask again*; a page that is looked at again does not ask."""
    if project.checked_at is None:
        return False
    age = timezone.now() - project.checked_at
    return age.total_seconds() < 60  # own choice: a minute


def _list_context(request: WorkspaceRequest, project: AmplitudeProject) -> dict[str, Any]:
    search = request.GET.get("q", "").strip()
    found = project_checks.listed(project, search, LISTED)
    pulled: dict[str, int] = {}
    if found is not None:
        ids = [cohort.id for cohort in found.cohorts]
        rows = Cohort.objects.filter(
            workspace=request.workspace, partner=AMPLITUDE, cohort_id__in=ids
        ).exclude(pull_schedule=None)
        pulled = dict(rows.values_list("cohort_id", "pk"))
    listed = [(cohort, pulled.get(cohort.id)) for cohort in found.cohorts] if found else []
    context = check_context(project)
    return context | {"search": search, "found": found, "listed": listed}


def _form_context(
    request: WorkspaceRequest,
    project: AmplitudeProject,
    timing: Timing,
    problems: dict[str, str],
    found: PullSchedule | None = None,
) -> dict[str, Any]:
    usage = allowance.usage(project, timezone.now())
    scheduled = usage.scheduled
    if found is not None and not found.is_paused:
        scheduled -= sentences.A_MONTH[found.cadence]
    costs = [(choice, sentences.downloads(choice.value, scheduled)) for choice in Cadence]
    return {
        "project": project,
        "timing": timing,
        "problems": problems,
        "zones": time_zones(),
        "minutes": range(60),
        "costs": costs,
        "too_many": sentences.is_too_many(timing.cadence, scheduled),
        "usage": usage,
    }
