"""Notes the first time that someone opens a page which the story leads to, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from braze_partners.dashboard import story
from braze_partners.dashboard.models import Visit

STORY_PAGES = {"cohorts:run": story.RUN_PAGE, "segments:detail": story.SEGMENT_PAGE}


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
        if workspace is None or member is None:
            return
        account = member.account
        found = story.evidence(workspace, account)
        if page == story.RUN_PAGE and found.first is None:
            return
        match = request.resolver_match
        opened = str(match.kwargs.get("pk")) if match else ""
        if page == story.RUN_PAGE and found.delta and opened == str(found.delta.pk):
            page = story.DELTA_PAGE
        if page not in found.seen:
            Visit.objects.get_or_create(
                workspace=workspace,
                account=account,
                page=page,
                defaults={"at": timezone.now()},
            )
