"""CSV exports of segments' members over /api/v1/: start, watch, cancel, download. HTTP only."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.celery import wake
from braze_partners.errors import Conflict, NotFound
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import Page, paged
from cohorts.segments import export_files, exporting, listing, tasks
from cohorts.segments.api import SegmentView
from cohorts.segments.models import SegmentExport


class ExportSerializer(serializers.Serializer[SegmentExport]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=SegmentExport.State.values)
    size = serializers.IntegerField(help_text="Members, as of when the first worker took it.")
    done = serializers.IntegerField(help_text="Of them, how many are written.")
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ExportView(SegmentView):
    def export(self, pk: uuid.UUID, export: uuid.UUID) -> SegmentExport:
        rows = SegmentExport.objects.filter(
            workspace_id=self.workspace_id, segment=pk, form=SegmentExport.Form.CSV
        )
        found = rows.select_related("segment").defer("members").filter(pk=export).first()
        if found is None:
            raise NotFound
        return found


class ExportList(ExportView):
    needs: ClassVar = {"GET": "segments.export", "POST": "segments.export"}

    @extend_schema(operation_id="segments_exports", responses=paged(ExportSerializer))
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """The latest CSV exports of a segment, newest first."""
        return Page(listing.exports_of(self.segment(pk)), None).answer(ExportSerializer)

    @extend_schema(
        operation_id="segments_export",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses={201: ExportSerializer},
    )
    @idempotent()
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Starts a CSV export of the members in the background."""
        segment = self.segment(pk)
        try:
            export = exporting.start(segment, by=None, now=timezone.now())
        except exporting.ExportRefused as refused:
            raise Conflict(str(refused)) from refused
        self.note("segment.exported", segment)
        wake(tasks.run_export, str(export.pk))
        return Response(ExportSerializer(export).data, 201)


class ExportOne(ExportView):
    needs: ClassVar = {"GET": "segments.export", "DELETE": "segments.export"}

    @extend_schema(operation_id="segments_export_read", responses=ExportSerializer)
    def get(self, request: Request, pk: uuid.UUID, export: uuid.UUID) -> Response:
        """How far an export is."""
        return Response(ExportSerializer(self.export(pk, export)).data)

    @extend_schema(operation_id="segments_export_cancel", responses={204: None})
    def delete(self, request: Request, pk: uuid.UUID, export: uuid.UUID) -> Response:
        """Cancels an export that is under way; its file is removed."""
        try:
            exporting.cancel(self.export(pk, export), timezone.now())
        except exporting.ExportRefused as refused:
            raise Conflict(str(refused)) from refused
        return Response(status=204)


class ExportFile(ExportView):
    needs: ClassVar = {"GET": "segments.export"}

    @extend_schema(
        operation_id="segments_export_file",
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: uuid.UUID, export: uuid.UUID) -> FileResponse:
        """The finished file."""
        found = self.export(pk, export)
        path = export_files.file_of(found)
        if found.state != SegmentExport.State.COMPLETED or not path.exists():
            raise NotFound
        return FileResponse(path.open("rb"), content_type="text/csv; charset=utf-8")
