"""The screens of importing a CSV of people: upload, preview, progress, refused lines. HTTP only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from django.contrib import messages
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from braze_partners.celery import wake
from braze_partners.people import importing, tasks
from braze_partners.people.attributes import known
from braze_partners.people.csv_columns import HeaderRefused
from braze_partners.people.csv_files import Sample
from braze_partners.people.errors import PeopleError
from braze_partners.people.forms import UploadForm
from braze_partners.people.limits import (
    IMPORTS_SHOWN,
    MAX_UPLOAD_BYTES,
    PREVIEW_ROWS,
    SAMPLE_ROWS,
)
from braze_partners.people.models import PeopleImport
from braze_partners.people.uploads import UploadToDisk, keep
from braze_partners.workspaces.audit import record_for
from braze_partners.workspaces.csv_cells import csv_lines
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may

# Problems of the sample shown before the start, refused lines shown after it.
PROBLEMS_SHOWN = 20


@may(May.RUN_IMPORTS)
@csrf_exempt  # checked below: before, the middleware would read the file into /tmp first
@require_http_methods(["GET", "HEAD", "POST"])
def import_people(request: WorkspaceRequest) -> HttpResponse:
    """The upload form and the latest imports."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_UPLOAD_BYTES:
        form = UploadForm(QueryDict(), MultiValueDict())
        form.errors["file"] = form.error_class([_("This file is larger than 2 GB. Split it.")])
        return _form_page(request, form, status=413)
    handlers: list[FileUploadHandler] = [UploadToDisk(request)]
    request.upload_handlers = handlers
    return _upload(request)


@csrf_protect
def _upload(request: WorkspaceRequest) -> HttpResponse:
    if request.method != "POST":
        return _form_page(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    upload = form.cleaned_data["file"]
    people_import = PeopleImport.objects.create(
        workspace=request.workspace,
        created_by=request.member.account,
        file_name=upload.name[:255],
        path=keep(upload),
        size=upload.size,
        created_at=timezone.now(),
    )
    return redirect("people:import_one", request.workspace.slug, people_import.pk)


def _form_page(request: WorkspaceRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    latest = PeopleImport.objects.filter(workspace=request.workspace).select_related("created_by")
    context = {"form": form, "imports": latest.order_by("-pk")[:IMPORTS_SHOWN]}
    return render(request, "people/import_new.html", context, status=status)


def _found(request: WorkspaceRequest, pk: int) -> PeopleImport:
    return get_object_or_404(
        PeopleImport.objects.select_related("created_by"), workspace=request.workspace, pk=pk
    )


@may(May.RUN_IMPORTS)
@require_GET
def import_one(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Before the start the preview, then the progress, then the summary."""
    people_import = _found(request, pk)
    if people_import.state != PeopleImport.State.PREVIEW:
        return render(request, "people/import_one.html", _progress(people_import))
    context: dict[str, object] = {"import": people_import}
    try:
        sample = importing.preview(people_import)
        context |= _preview(request.workspace.pk, sample)
    except HeaderRefused as refused:
        context["refused"] = str(refused)
    except FileNotFoundError:
        context["refused"] = _("The uploaded file is gone. Upload it again.")
    return render(request, "people/import_preview.html", context)


def _preview(workspace_id: int, sample: Sample) -> dict[str, object]:
    there = known(workspace_id)
    names = [column.name for column in sample.layout.columns]
    columns = [
        {
            "name": column.name,
            "meaning": column.meaning.value,
            "type": sample.types.get(column.name),
            "new": column.name in sample.types and column.name not in there,
        }
        for column in sample.layout.columns
    ]
    return {
        "columns": columns,
        "rows": [
            list(zip_longest(names, cells, fillvalue="")) for cells in sample.cells[:PREVIEW_ROWS]
        ],
        "problems": sample.problems[:PROBLEMS_SHOWN],
        "problem_count": len(sample.problems),
        "sampled": SAMPLE_ROWS if sample.more else len(sample.cells),
        "more": sample.more,
    }


def _progress(people_import: PeopleImport) -> dict[str, object]:
    return {
        "import": people_import,
        "problems": people_import.problems.order_by("pk")[:PROBLEMS_SHOWN],
        "unfinished": people_import.state in importing.UNFINISHED,
        "percent": round(people_import.read_share * 100),
    }


@may(May.RUN_IMPORTS)
@require_GET
def import_progress(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The part of the page that is asked for again and again while the import runs."""
    return render(request, "people/import_progress.html", _progress(_found(request, pk)))


@may(May.RUN_IMPORTS)
@require_POST
def import_start(request: WorkspaceRequest, pk: int) -> HttpResponse:
    people_import = _found(request, pk)
    try:
        importing.start(people_import, timezone.now())
    except (PeopleError, FileNotFoundError) as refused:
        messages.error(request, str(refused))
    else:
        record_for(request, "people_import.started", people_import.file_name, {"import": pk})
        wake(tasks.run_import, pk)
    return redirect("people:import_one", request.workspace.slug, pk)


@may(May.RUN_IMPORTS)
@require_POST
def import_cancel(request: WorkspaceRequest, pk: int) -> HttpResponse:
    people_import = _found(request, pk)
    try:
        importing.cancel(people_import, timezone.now())
    except PeopleError as refused:
        messages.error(request, str(refused))
    else:
        record_for(request, "people_import.cancelled", people_import.file_name, {"import": pk})
    return redirect("people:import_one", request.workspace.slug, pk)


@may(May.RUN_IMPORTS)
@require_GET
def import_problems(request: WorkspaceRequest, pk: int) -> StreamingHttpResponse:
    """The refused lines as CSV, safe to open in a spreadsheet."""
    people_import = _found(request, pk)
    found = people_import.problems.order_by("pk").values_list("line", "column", "text")

    def rows() -> Iterator[list[str]]:
        yield [_("line"), _("column"), _("reason")]
        for line, column, text in found.iterator():
            yield [str(line), column, text]

    answer = StreamingHttpResponse(csv_lines(rows()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="refused-lines-{pk}.csv"'
    return answer
