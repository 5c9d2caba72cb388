"""A cohort's file as an answer: packed for who takes it, or out of shape by a fault."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse

from braze_partners.sandbox.cohort_api import asking, limits, sending_files, writing_files
from braze_partners.sandbox.faults import file_shapes
from braze_partners.sandbox.faults.file_shapes import Shape
from braze_partners.sandbox.faults.line import cut_short
from braze_partners.sandbox.models import CohortFile
from braze_partners.sandbox.views.outside import Call, Refused


def sent(call: Call, found: CohortFile) -> StreamingHttpResponse:
    if file_shapes.strikes(call.active):
        response = _misshaped(call, found)
    elif "gzip" in call.request.headers.get("Accept-Encoding", ""):
        response = _streamed(writing_files.packed(found.pk), found.stored_bytes)
        response["Content-Encoding"] = "gzip"
    else:
        response = _streamed(writing_files.unpacked(found.pk), found.bytes)
    asking.count_download(found)
    return response


def _misshaped(call: Call, found: CohortFile) -> StreamingHttpResponse:
    plain = writing_files.unpacked(found.pk)
    whole = Shape(plain, writing_files.header(found.pk), found.bytes, found.rows)
    shape = file_shapes.shaped(call.active, whole)
    parts = iter(shape.parts)
    if shape.cut_at is not None:
        parts = cut_short(parts, shape.cut_at, call.request.META)
    return _streamed(parts, shape.size, shape.content_type)


def _streamed(
    parts: Iterator[bytes], size: int | None, content_type: str = "text/csv"
) -> StreamingHttpResponse:
    try:
        download = sending_files.Download(parts)
    except sending_files.NoPlace as full:
        text = f"Exceeded {limits.DOWNLOADS_AT_ONCE} concurrent downloads"
        raise Refused(429, text, plain=True) from full
    response = StreamingHttpResponse(download, content_type=content_type)
    if size is not None:
        response["Content-Length"] = str(size)
    return response
