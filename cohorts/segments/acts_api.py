"""Acts on whole segments over /api/v1/: duplicate one, archive many. HTTP only."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import NotFound
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from cohorts.segments import limits, saving, sizing
from cohorts.segments.api import SegmentView, refusal
from cohorts.segments.errors import SegmentRefused
from cohorts.segments.models import Segment
from cohorts.segments.serializers import SegmentSerializer


class CopySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(
        max_length=limits.MAX_NAME, required=False, help_text="Else “Name (copy)”."
    )


class ArchivingSerializer(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=limits.ARCHIVED_AT_ONCE
    )
    archived = serializers.BooleanField(default=True, help_text="False takes them back.")


class ArchivedSerializer(serializers.Serializer[Any]):
    changed = serializers.ListField(
        child=serializers.UUIDField(), help_text="Those that were not so already."
    )


class SegmentDuplicate(SegmentView):
    needs: ClassVar = {"POST": "segments.write"}

    @extend_schema(
        operation_id="segments_duplicate",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=CopySerializer,
        responses={201: SegmentSerializer},
    )
    @idempotent()
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Creates a copy of what is saved."""
        asked = CopySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        now, name = timezone.now(), asked.validated_data.get("name", "")
        try:
            copy = saving.duplicate(self.segment(pk), name, by=None, now=now)
        except SegmentRefused as refused:
            raise refusal(refused) from refused
        sizing.measure(self.workspace, [copy], now)
        self.note("segment.created", copy)
        return Response(SegmentSerializer(self.segment(copy.pk)).data, 201)


class SegmentArchiving(SegmentView):
    needs: ClassVar = {"POST": "segments.write"}

    @extend_schema(
        operation_id="segments_archive",
        request=ArchivingSerializer,
        responses=ArchivedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Archives segments or takes them back; all of them are there, or nothing is done. What
        uses an archived segment goes on counting it."""
        asked = ArchivingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted, archived = set(asked.validated_data["ids"]), asked.validated_data["archived"]
        found = list(Segment.objects.filter(workspace_id=self.workspace_id, pk__in=wanted))
        if len(found) != len(wanted):
            raise NotFound
        changed = saving.set_archived(found, archived, by=None, now=timezone.now())
        for segment in changed:
            self.note("segment.archived" if archived else "segment.unarchived", segment)
        return Response(ArchivedSerializer({"changed": [each.pk for each in changed]}).data)
