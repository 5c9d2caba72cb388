"""A segment's members as a CSV file: start, watch, cancel, download. HTTP only."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from braze_partners.celery import wake
from braze_partners.workspaces.audit import record_for
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts.segments import export_files, exporting, tasks
from cohorts.segments.models import SegmentExport
from cohorts.segments.views import segment_or_404

State = SegmentExport.State


def _found(request: WorkspaceRequest, pk: uuid.UUID, export: uuid.UUID) -> SegmentExport:
    rows = SegmentExport.objects.filter(
        workspace=request.workspace, segment=pk, form=SegmentExport.Form.CSV
    )
    found: SegmentExport = get_object_or_404(
        rows.select_related("segment", "created_by").defer("members"), pk=export
    )
    return found


def _context(export: SegmentExport) -> dict[str, object]:
    unfinished = export.state in exporting.UNFINISHED
    return {"segment": export.segment, "export": export, "unfinished": unfinished}


@may(May.EXPORT_MEMBERS)
@require_POST
def start(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    segment = segment_or_404(request, pk)
    try:
        export = exporting.start(segment, by=request.member.account, now=timezone.now())
    except exporting.ExportRefused as refused:
        messages.error(request, str(refused))
        return redirect("segments:members", request.workspace.slug, pk)
    record_for(request, "segment.exported", segment.name, {"segment": str(pk)})
    wake(tasks.run_export, str(export.pk))
    return redirect("segments:export", request.workspace.slug, pk, export.pk)


@may(May.EXPORT_MEMBERS)
@require_GET
def one(request: WorkspaceRequest, pk: uuid.UUID, export: uuid.UUID) -> HttpResponse:
    return render(request, "segments/export.html", _context(_found(request, pk, export)))


@may(May.EXPORT_MEMBERS)
@require_GET
def progress(request: WorkspaceRequest, pk: uuid.UUID, export: uuid.UUID) -> HttpResponse:
    """The part of the page that is asked for again and again while the file is written."""
    return render(request, "segments/export_progress.html", _context(_found(request, pk, export)))


@may(May.EXPORT_MEMBERS)
@require_POST
def cancel(request: WorkspaceRequest, pk: uuid.UUID, export: uuid.UUID) -> HttpResponse:
    found = _found(request, pk, export)
    try:
        exporting.cancel(found, timezone.now())
    except exporting.ExportRefused as refused:
        messages.error(request, str(refused))
    return redirect("segments:export", request.workspace.slug, pk, export)


@may(May.EXPORT_MEMBERS)
@require_GET
def file(
    request: WorkspaceRequest, pk: uuid.UUID, export: uuid.UUID
) -> FileResponse | HttpResponse:
    """The finished file, named by segment and moment; without one, the page that says why."""
    found = _found(request, pk, export)
    path = export_files.file_of(found)
    if found.state != State.COMPLETED or not path.exists():
        return redirect("segments:export", request.workspace.slug, pk, export)
    name = slugify(found.segment.name)[:60] or "segment"
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"{name}-{found.created_at:%Y-%m-%d-%H%M}.csv",
        content_type="text/csv; charset=utf-8",
    )
