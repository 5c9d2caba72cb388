"""The parts of a person's page that other rooms answer, each asked for once the page stands. HTTP
only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from braze_partners.celery import wake
from braze_partners.dashboard import person
from braze_partners.dashboard import person_amplitude as amplitude
from braze_partners.partners.tasks import run_look_up
from braze_partners.people.models import Profile
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts.segments import personal

# A sequence has at most so many digits.
MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Links:
    """Where the pages beside one are: below the person's own page, so that a link can be kept."""

    previous: str
    following: str


def profile_or_404(request: WorkspaceRequest, number: int) -> Profile:
    profile = Profile.objects.filter(workspace=request.workspace, number=number).first()
    if profile is None:
        raise Http404
    return profile


@may(May.SEE)
@require_GET
def person_cohorts(request: WorkspaceRequest, number: int) -> HttpResponse:
    profile_or_404(request, number)
    asked = _number(request.GET.get("cohorts", "")) or 1
    cohorts, page = person.cohorts_of_person(request.workspace, number, asked)
    context = {
        "cohorts": cohorts,
        "page": page,
        "links": _links(request, number, "cohorts", page),
    }
    return render(request, "dashboard/person_cohorts.html", context)


@may(May.SEE)
@require_GET
def person_segments(request: WorkspaceRequest, number: int) -> HttpResponse:
    profile = profile_or_404(request, number)
    belonging = personal.segments_of(profile)
    asked = _number(request.GET.get("segments", "")) or 1
    page = Paginator(belonging.segments, person.ROWS_PER_PAGE).get_page(asked)
    context = {
        "page": page,
        "left_out": belonging.left_out,
        "links": _links(request, number, "segments", page),
        "profile": profile,
    }
    return render(request, "dashboard/person_segments.html", context)


@may(May.SEE)
@require_GET
def person_events(request: WorkspaceRequest, number: int) -> HttpResponse:
    profile = profile_or_404(request, number)
    before = _number(request.GET.get("events", ""))
    found = person.events_of_person(request.workspace, profile, before, timezone.now())
    context = {
        "found": found,
        "first": before is None,
        "newest_url": _address(request, number, "events"),
        "older_url": _address(request, number, "events", found.older) if found.older else "",
    }
    return render(request, "dashboard/person_events.html", context)


@may(May.SEE)
@require_http_methods(["GET", "HEAD", "POST"])
def person_amplitude(request: WorkspaceRequest, number: int) -> HttpResponse:
    """What Amplitude says: a POST asks, and the answer is polled for. Nothing where no project is
    set."""
    profile = profile_or_404(request, number)
    if request.method == "POST":
        for look_up in amplitude.ask(request.workspace, profile, timezone.now()):
            wake(run_look_up, look_up.pk)
    told = amplitude.told(request.workspace, profile)
    if not told:
        return HttpResponse("")
    user_id, device_id = amplitude.identity(profile)
    context = {
        "told": told,
        "profile": profile,
        "waits": any(one.waits for one in told),
        "nameless": not user_id and not device_id,
    }
    return render(request, "dashboard/person_amplitude.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def _links(request: WorkspaceRequest, number: int, name: str, page: Page[Any]) -> Links:
    def to(other: int) -> str:
        return _address(request, number, name, other)

    return Links(
        to(page.previous_page_number()) if page.has_previous() else "",
        to(page.next_page_number()) if page.has_next() else "",
    )


def _address(request: WorkspaceRequest, number: int, name: str, value: int | None = None) -> str:
    """Of the person's page with one part turned to another page, the others as they are."""
    query = request.GET.copy()
    query.pop(name, None)
    if value is not None:
        query[name] = str(value)
    page = reverse("people:person", args=[request.workspace.slug, number])
    return f"{page}?{query.urlencode()}#person-{name}" if query else f"{page}#person-{name}"
