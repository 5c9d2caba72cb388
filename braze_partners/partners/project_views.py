"""The screens of Amplitude projects. HTTP only: what may be stored is projects.py's to say, what a
test found project_checks.py's."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from braze_partners.celery import wake
from braze_partners.partners import forms, project_checks, project_words, projects, tasks
from braze_partners.partners.errors import ProjectInUse, ProjectRefused, TooManyChecks
from braze_partners.partners.forms import ProjectForm
from braze_partners.partners.models import AmplitudeProject, ProjectCheck
from braze_partners.partners.projects import Wanted
from braze_partners.workspaces.audit import actor_of
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may


@may(May.ADMINISTER)
@require_GET
def project_list(request: WorkspaceRequest) -> HttpResponse:
    found = projects.with_uses(request.workspace)
    rows = [(one, project_words.sentence(one.check_verdict, one.cohorts_seen)) for one in found]
    return render(request, "partners/projects.html", {"rows": rows})


@may(May.ADMINISTER)
@require_http_methods(["GET", "POST"])
def project_new(request: WorkspaceRequest) -> HttpResponse:
    """A new project is tested at once."""
    if request.method != "POST":
        return render(request, "partners/project_new.html", {"form": forms.empty()})
    wanted = forms.read(request.workspace.pk, request.POST)
    try:
        stored = projects.create(request.workspace, wanted, actor_of(request), timezone.now())
    except ProjectRefused as refused:
        form = forms.refused(request.workspace.pk, wanted, refused.problems)
        return render(request, "partners/project_new.html", {"form": form}, status=422)
    messages.success(request, _("The project is added. Its keys are stored encrypted."))
    _say_removed(request, stored.removed)
    _ask(request, stored.project)
    return redirect("projects:detail", request.workspace.slug, stored.project.pk)


@may(May.ADMINISTER)
@require_GET
def project_detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _page(request, _project(request, pk))


@may(May.ADMINISTER)
@require_POST
def project_rename(request: WorkspaceRequest, pk: int) -> HttpResponse:
    project = _project(request, pk)
    name = request.POST.get("name", "")
    try:
        projects.rename(project, name, actor_of(request), timezone.now())
    except ProjectRefused as refused:
        return _page(request, project, name=name, name_error=refused.problems["name"])
    messages.success(request, _("The name is changed."))
    return redirect("projects:detail", request.workspace.slug, pk)


@may(May.ADMINISTER)
@require_POST
def project_keys(request: WorkspaceRequest, pk: int) -> HttpResponse:
    project = _project(request, pk)
    wanted = forms.read(request.workspace.pk, request.POST)
    try:
        stored = projects.change_keys(project, wanted, actor_of(request), timezone.now())
    except ProjectRefused as refused:
        wanted = Wanted(project.name, wanted.region, wanted.api_key, wanted.secret_key)
        form = forms.refused(request.workspace.pk, wanted, refused.problems)
        return _page(request, project, form)
    messages.success(request, _("The new keys are stored. Syncs use them from their next call on."))
    _say_removed(request, stored.removed)
    _ask(request, project)
    return redirect("projects:detail", request.workspace.slug, pk)


@may(May.ADMINISTER)
@require_POST
def project_test(request: WorkspaceRequest, pk: int) -> HttpResponse:
    project = _project(request, pk)
    _ask(request, project)
    if request.htmx:
        return render(request, "partners/check.html", check_context(project))
    return redirect("projects:detail", request.workspace.slug, pk)


@may(May.ADMINISTER)
@require_GET
def project_tested(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The part of the page that is asked for again and again while the test runs."""
    return render(request, "partners/check.html", check_context(_project(request, pk)))


@may(May.ADMINISTER)
@require_POST
def project_delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    project = _project(request, pk)
    try:
        projects.delete(project, actor_of(request))
    except ProjectInUse:
        messages.error(
            request, _("Not deleted: cohorts are pulled from this project. End their syncs first.")
        )
        return redirect("projects:detail", request.workspace.slug, pk)
    messages.success(request, _("The project and its keys are deleted."))
    return redirect("projects:list", request.workspace.slug)


def check_context(project: AmplitudeProject) -> dict[str, Any]:
    check = project_checks.latest(project)
    done = check is not None and check.state == ProjectCheck.State.DONE
    sentence = ""
    if check is not None and done:
        seen = project.cohorts_seen if check.accepted else None
        sentence = project_words.sentence(check.verdict, seen)
    return {
        "project": project,
        "check": check if check and _speaks_of(check, project) else None,
        "check_sentence": sentence,
        "check_is_late": check is not None and project_words.is_long_queued(check, timezone.now()),
    }


def _speaks_of(check: ProjectCheck, project: AmplitudeProject) -> bool:
    """A check that ended before the keys were changed says nothing of these."""
    return check.finished_at is None or project.checked_at is not None


def _project(request: WorkspaceRequest, pk: int) -> AmplitudeProject:
    return get_object_or_404(projects.projects_of(request.workspace), pk=pk)


def _page(
    request: WorkspaceRequest,
    project: AmplitudeProject,
    form: ProjectForm | None = None,
    *,
    name: str | None = None,
    name_error: str = "",
) -> HttpResponse:
    context = check_context(project) | {
        "form": form or forms.of_project(project),
        "entering_keys": form is not None,
        "name": project.name if name is None else name,
        "name_error": name_error,
        "uses": projects.uses_of(project),
    }
    refused = form is not None or bool(name_error)
    return render(request, "partners/project.html", context, status=422 if refused else 200)


def _ask(request: WorkspaceRequest, project: AmplitudeProject) -> None:
    try:
        check = project_checks.ask(project, actor_of(request), timezone.now())
    except TooManyChecks:
        messages.error(request, _("Several tests are still under way. Wait for one to end."))
        return
    wake(tasks.run_project_check, check.pk)


def _say_removed(request: WorkspaceRequest, removed: int) -> None:
    if removed:
        said = ngettext(
            "%(n)s hidden character was removed from the keys.",
            "%(n)s hidden characters were removed from the keys.",
            removed,
        )
        messages.info(request, said % {"n": removed})
