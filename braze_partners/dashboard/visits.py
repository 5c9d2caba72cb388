"""Notes the first time that someone opens a page which the story leads to, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from braze_partners.dashboard import export_story, story
from braze_partners.dashboard.models import Visit
from braze_partners.running import sandbox_address
from braze_partners.workspaces.models import Workspace
from currents.states import REFUSED

STORY_PAGES = {
    "cohorts:run": story.RUN_PAGE,
    "segments:detail": story.SEGMENT_PAGE,
    "currents:detail": export_story.STOPPED_PAGE,
}


class VisitMiddleware:
    """After a page of the story was shown: one row per person and page, written once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        page = STORY_PAGES.get(match.view_name) if match else None
        if page and request.method == "GET" and response.status_code == 200:
            self._note(request, page)
        return response

    def _note(self, request: HttpRequest, page: str) -> None:
        workspace, member = (
            getattr(request, "workspace", None),
            getattr(request, "member", None),
        )
        match = request.resolver_match
        if workspace is None or member is None or match is None or not sandbox_address():
            return
        opened = int(match.kwargs.get("pk", 0))
        if page == export_story.STOPPED_PAGE:
            page = _current_page(workspace, opened)
            seen = story.seen(workspace, member.account) if page else {}
        else:
            found = story.evidence(workspace, member.account)
            page, seen = _import_page(found, page, opened), found.seen
        if page and page not in seen:
            Visit.objects.get_or_create(
                workspace=workspace,
                account=member.account,
                page=page,
                defaults={"at": timezone.now()},
            )


def _import_page(found: story.Evidence, page: str, opened: int) -> str:
    """Which page of the story it was; empty for none of them."""
    if page == story.RUN_PAGE and found.first is None:
        return ""
    if page == story.RUN_PAGE and found.delta and opened == found.delta.pk:
        return story.DELTA_PAGE
    return page


def _current_page(workspace: Workspace, opened: int) -> str:
    """The story's own Current counts, while its key is refused."""
    found = export_story.evidence(workspace)
    current = found.current
    if current is None or current.pk != opened or current.state not in REFUSED:
        return ""
    return export_story.STOPPED_PAGE
