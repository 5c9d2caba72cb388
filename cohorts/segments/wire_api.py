"""Braze's own endpoints for reading segments (wire/braze-users-track.md). HTTP only."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import BadRequest, NotFound
from braze_partners.rest.braze_lists import SUCCESS, moment, moment_asked, numbered_page
from braze_partners.rest.views import ApiView
from cohorts.segments import limits, sizing, tagging, wording
from cohorts.segments.models import Segment
from cohorts.segments.planning import learn, stored


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
                "tags": tagging.names(segment),
            }
            for segment in found
        ]
        return Response({"message": SUCCESS, "segments": listed})


class SegmentReader(ApiView):
    """Endpoints that are told a segment by its id."""

    def segment(self, request: Request) -> Segment:
        return self.segment_named(request.query_params.get("segment_id", ""))

    def segment_named(self, text: str) -> Segment:
        if not text:
            raise BadRequest("segment_id is required")
        try:
            pk = uuid.UUID(text)
        except ValueError as error:
            raise NotFound("Unknown segment_id") from error
        rows = Segment.objects.select_related("workspace").prefetch_related("tags")
        segment = rows.filter(workspace_id=self.workspace_id, pk=pk).first()
        if segment is None:
            raise NotFound("Unknown segment_id")
        return segment


class SegmentsDataSeries(SegmentReader):
    needs: ClassVar = {"GET": "segments.data_series"}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """The size of each day that has one, oldest first, in the workspace's own days."""
        segment = self.segment(request)
        length = request.query_params.get("length", "")
        longest = limits.BRAZE_SERIES_DAYS
        if not (length.isascii() and length.isdigit() and 1 <= int(length[:9]) <= longest):
            raise BadRequest(f"length must be a number of days from 1 to {longest}")
        ending = moment_asked(request, "ending_at") or timezone.now()
        days = sizing.daily(segment, ending, int(length))
        data = [{"time": day.isoformat(), "size": size} for day, size in days]
        return Response({"message": SUCCESS, "data": data})


class SegmentsDetails(SegmentReader):
    needs: ClassVar = {"GET": "segments.details"}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        segment = self.segment(request)
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
                "tags": tagging.names(segment),
            }
        )
