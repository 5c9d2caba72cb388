"""POST /users/export/segment, and the files that it makes. HTTP only: exporting does the work.

The file is made in the background; its link is told at once and answers 404 until the file is
there. It needs no key, as Braze's need none, and holds for some hours.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners import outbound
from braze_partners.celery import wake
from braze_partners.errors import BadRequest, Forbidden, MethodNotAllowed, NotFound
from braze_partners.outbound import OutboundRefused
from braze_partners.people import export_bodies, exported
from braze_partners.people.export_api import body_of
from braze_partners.rest.braze_lists import SUCCESS
from braze_partners.workspaces.audit import record_by
from cohorts.segments import export_files, export_links, exporting, tasks
from cohorts.segments.exporting import Zipped
from cohorts.segments.models import Segment, SegmentExport
from cohorts.segments.wire_api import SegmentReader

FORMATS = ("zip", "gzip")  # "gzip" is for a bucket of one's own at Braze; here it is a zip as well


class ExportSegmentBody(serializers.Serializer[Any]):
    segment_id = serializers.UUIDField()
    fields_to_export = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(exported.FIELDS)), min_length=1
    )
    callback_endpoint = serializers.URLField(
        required=False, help_text="Told by POST when the file is there."
    )
    output_format = serializers.ChoiceField(choices=FORMATS, required=False)


ExportSegmentAnswer = inline_serializer(
    "SegmentUsersExport",
    {
        "message": serializers.CharField(),
        "object_prefix": serializers.CharField(),
        "url": serializers.URLField(help_text="404 until the file is there."),
    },
)


class UsersExportSegment(SegmentReader):
    needs: ClassVar = {"POST": "users.export.segment"}

    @extend_schema(
        operation_id="users_export_segment",
        request=ExportSegmentBody,
        responses={201: ExportSegmentAnswer},
    )
    def post(self, request: Request) -> Response:
        """Everybody in a segment as a zip of JSON lines, 5,000 people a file."""
        body = body_of(request)
        segment = self.segment_named(_text(body, "segment_id"))
        zipped = Zipped(
            fields=tuple(export_bodies.fields(body, required=True)),
            address=request.build_absolute_uri("/").rstrip("/"),
            callback_url=_callback(body),
        )
        if _text(body, "output_format") not in ("", *FORMATS):
            raise BadRequest(f"output_format must be {' or '.join(FORMATS)}")
        export = self._started(segment, zipped)
        return Response(
            {
                "message": SUCCESS,
                "object_prefix": str(export.pk),
                "url": export_links.link(export, timezone.now()),
            },
            201,
        )

    def _started(self, segment: Segment, zipped: Zipped) -> SegmentExport:
        try:
            export = exporting.start(segment, by=None, now=timezone.now(), zipped=zipped)
        except exporting.ExportRefused as refused:
            raise BadRequest(str(refused)) from None
        detail = {"segment": str(segment.pk), "fields": sorted(zipped.fields)}
        actor = self.caller.actor
        record_by(actor, self.workspace, "segment.exported", segment.name, detail)
        wake(tasks.run_export, str(export.pk))
        return export


def _text(body: dict[str, object], name: str) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a text")
    return value


def _callback(body: dict[str, object]) -> str:
    url = _text(body, "callback_endpoint")
    try:
        if url:
            outbound.check(url)
    except OutboundRefused as refused:
        raise BadRequest(f"callback_endpoint: {refused}") from None
    return url


def export_file(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    """The zip, to whoever has the link."""
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed(headers={"Allow": "GET, HEAD"})
    expires, signature = request.GET.get("expires", ""), request.GET.get("signature", "")
    if not export_links.holds(pk, expires, signature, timezone.now()):
        raise Forbidden("This link is not valid, or its time is over")
    found = SegmentExport.objects.defer("members").filter(pk=pk).first()
    if found is None or found.form != SegmentExport.Form.ZIP:
        raise NotFound("There is no such file")
    path = export_files.file_of(found)
    if found.state != SegmentExport.State.COMPLETED or not path.exists():
        raise NotFound("The file is not there: it is being made, was cancelled, or is a day old")
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=path.name, content_type="application/zip"
    )
