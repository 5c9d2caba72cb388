"""What surrounds a segment, over /api/v1/: a sample, sizes over time, changes, use, stars. HTTP
only."""

from __future__ import annotations

import uuid
from random import SystemRandom
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import NotFound
from braze_partners.people.finding import identifiers_of
from braze_partners.rest.paging import Page, paged
from braze_partners.workspaces.models import Member
from cohorts.segments import changes, evaluation, limits, listing, sizing
from cohorts.segments.api import SegmentView
from cohorts.segments.models import Star
from cohorts.segments.planning import stored
from cohorts.segments.serializers import MemberSerializer


class SampleSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField(help_text="How many members there are in all.")
    members = MemberSerializer(many=True)


class DaySizeSerializer(serializers.Serializer[Any]):
    day = serializers.DateField(help_text="In the workspace's time zone.")
    size = serializers.IntegerField(help_text="The last one measured on that day.")


class PartSerializer(serializers.Serializer[Any]):
    what = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class SegmentHistoryEntrySerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    parts = serializers.SerializerMethodField()

    @extend_schema_field(PartSerializer(many=True))
    def get_parts(self, change: changes.Change) -> list[dict[str, str]]:
        return [
            {"what": what, "before": before, "after": after} for what, before, after in change.parts
        ]


class UseSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="campaign, canvas or segment.")
    id = serializers.UUIDField()
    name = serializers.CharField()
    archived = serializers.BooleanField()


class SegmentSample(SegmentView):
    needs: ClassVar = {"GET": "segments.read"}

    @extend_schema(
        operation_id="segments_sample",
        parameters=[
            OpenApiParameter(
                "size", int, description=f"1 to {limits.MAX_SAMPLE}; else {limits.SAMPLE}."
            )
        ],
        responses=SampleSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Some members, others each time."""
        text = request.query_params.get("size", "")
        asked = int(text) if text.isascii() and text.isdigit() else limits.SAMPLE
        count = max(1, min(asked, limits.MAX_SAMPLE))
        definition = stored(self.segment(pk))
        numbers, size = evaluation.sample(self.workspace_id, definition, count, SystemRandom())
        people = identifiers_of(self.workspace_id, numbers)
        return Response(SampleSerializer({"size": size, "members": people}).data)


class SegmentSizes(SegmentView):
    needs: ClassVar = {"GET": "segments.read"}

    @extend_schema(operation_id="segments_sizes", responses=paged(DaySizeSerializer))
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """The sizes of the days that are kept, oldest first."""
        days = sizing.daily(self.segment(pk), timezone.now(), limits.SIZES_KEPT_DAYS)
        told = [{"day": day, "size": size} for day, size in days]
        return Page(told, None).answer(DaySizeSerializer)


class SegmentChanges(SegmentView):
    needs: ClassVar = {"GET": "segments.read"}

    @extend_schema(operation_id="segments_changes", responses=paged(SegmentHistoryEntrySerializer))
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """What the latest saves changed, the newest first."""
        return Page(changes.latest(self.segment(pk)), None).answer(SegmentHistoryEntrySerializer)


class SegmentUses(SegmentView):
    needs: ClassVar = {"GET": "segments.read"}

    @extend_schema(operation_id="segments_uses", responses=paged(UseSerializer))
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Campaigns, Canvases and segments that use it; while there is one it can't be deleted."""
        return Page(listing.uses_of(self.segment(pk)), None).answer(UseSerializer)


class SegmentStar(SegmentView):
    """Stars are each person's own, so a key says whose."""

    needs: ClassVar = {"PUT": "segments.write", "DELETE": "segments.write"}

    @extend_schema(operation_id="segments_star", request=None, responses={204: None})
    def put(self, request: Request, pk: uuid.UUID, member: int) -> Response:
        """Stars a segment for a member; once more changes nothing."""
        Star.objects.get_or_create(segment=self.segment(pk), account_id=self._account(member))
        return Response(status=204)

    @extend_schema(operation_id="segments_unstar", responses={204: None})
    def delete(self, request: Request, pk: uuid.UUID, member: int) -> Response:
        """Takes a member's star off."""
        Star.objects.filter(segment=self.segment(pk), account_id=self._account(member)).delete()
        return Response(status=204)

    def _account(self, member: int) -> int:
        found = Member.objects.filter(workspace_id=self.workspace_id, pk=member).first()
        if found is None:
            raise NotFound
        return found.account_id
