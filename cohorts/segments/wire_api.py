"""Braze's own endpoints for reading segments (wire/braze-users-track.md). HTTP only."""

from __future__ import annotations

import uuid
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import BadRequest, NotFound
from braze_partners.rest.braze_lists import SUCCESS, moment, numbered_page
from braze_partners.rest.views import ApiView
from cohorts.segments import limits, wording
from cohorts.segments.models import Segment
from cohorts.segments.planning import learn, stored


def _tags(segment: Segment) -> list[str]:
    return sorted(tag.name for tag in segment.tags.all())


class SegmentsList(ApiView):
    needs: ClassVar = {"GET": "segments.list"}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """100 a page, archived ones left out, by creation; a page that isn't there is empty."""
        rows = Segment.objects.filter(workspace_id=self.workspace_id, archived_at=None)
        rows = rows.prefetch_related("tags")
        found = numbered_page(request, rows, limits.BRAZE_LIST_PAGE)
        listed = [
            {
                "id": str(segment.pk),
                "name": segment.name,
                "analytics_tracking_enabled": False,
                "tags": _tags(segment),
            }
            for segment in found
        ]
        return Response({"message": SUCCESS, "segments": listed})


class SegmentsDetails(ApiView):
    needs: ClassVar = {"GET": "segments.details"}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        segment = self._segment(request.query_params.get("segment_id", ""))
        definition = stored(segment)
        known = learn(self.workspace_id, [definition])
        return Response(
            {
                "message": SUCCESS,
                "created_at": moment(segment.created_at),
                "updated_at": moment(segment.edited_at),
                "name": segment.name,
                "description": segment.description,
                "text_description": wording.say_whole(definition, known),
                "tags": _tags(segment),
            }
        )

    def _segment(self, text: str) -> Segment:
        if not text:
            raise BadRequest("segment_id is required")
        try:
            pk = uuid.UUID(text)
        except ValueError as error:
            raise NotFound("Unknown segment_id") from error
        rows = Segment.objects.prefetch_related("tags")
        segment = rows.filter(workspace_id=self.workspace_id, pk=pk).first()
        if segment is None:
            raise NotFound("Unknown segment_id")
        return segment
