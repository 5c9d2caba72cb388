"""Braze's own lists of campaigns and Canvases (wire/braze-users-track.md). HTTP only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.messaging import limits
from braze_partners.messaging.models import Outreach
from braze_partners.rest.braze_lists import SUCCESS, moment, moment_asked, numbered_page
from braze_partners.rest.views import ApiView
from cohorts.segments import tagging

EDITED_AFTER = "last_edit.time[gt]"


class _OutreachList(ApiView):
    """100 a page, by creation; archived ones only with `include_archived=true`."""

    kind: ClassVar[str]

    def listed(self, request: Request) -> list[dict[str, Any]]:
        rows = Outreach.objects.filter(workspace_id=self.workspace_id, kind=self.kind)
        rows = _narrowed(request, rows).prefetch_related("tags")
        return [
            {
                "id": str(outreach.pk),
                "last_edited": moment(outreach.edited_at),
                "name": outreach.name,
                "tags": tagging.names(outreach),
            }
            for outreach in numbered_page(request, rows, limits.BRAZE_LIST_PAGE)
        ]


def _narrowed(request: Request, rows: QuerySet[Outreach]) -> QuerySet[Outreach]:
    if request.query_params.get("include_archived", "false").lower() != "true":
        rows = rows.filter(archived_at=None)
    if after := moment_asked(request, EDITED_AFTER):
        rows = rows.filter(edited_at__gt=after)
    return rows


class CampaignsList(_OutreachList):
    kind = Outreach.Kind.CAMPAIGN
    needs: ClassVar = {"GET": "campaigns.list"}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """No campaign here is sent by a call of the API, so none is an API campaign."""
        campaigns = [each | {"is_api_campaign": False} for each in self.listed(request)]
        return Response({"message": SUCCESS, "campaigns": campaigns})


class CanvasList(_OutreachList):
    kind = Outreach.Kind.CANVAS
    needs: ClassVar = {"GET": "canvas.list"}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response({"message": SUCCESS, "canvases": self.listed(request)})
