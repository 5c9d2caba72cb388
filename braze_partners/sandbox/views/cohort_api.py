"""The Behavioral Cohorts API as Amplitude serves it: HTTP only, no page and no cookie."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from braze_partners.sandbox.cohort_api import (
    asking,
    limits,
    listing,
    presigning,
    sending_files,
    uploading,
    writing_files,
)
from braze_partners.sandbox.models import Cohort, CohortFile
from braze_partners.sandbox.views.outside import TRUE, Refused, answered, as_json, require_pair

COHORT_ID = re.compile(r"[A-Za-z0-9]{8}")
STATUS_WORDS = {
    CohortFile.State.ASKED: "JOB INPROGRESS",
    CohortFile.State.COMPLETED: "JOB COMPLETED",
    CohortFile.State.FAILED: "JOB FAILED",
}
STORAGE_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>{code}</Code><Message>{message}</Message></Error>"
)


def cohort_list(request: HttpRequest) -> HttpResponseBase:
    return answered(request, "cohorts", _listed)


@csrf_exempt  # the keys in the header are what counts; there is no cookie here
def upload(request: HttpRequest) -> HttpResponseBase:
    return answered(request, "cohort_upload", _uploaded)


def ask(request: HttpRequest, cohort_id: str) -> HttpResponseBase:
    return answered(request, "cohort_request", partial(_asked, cohort_id))


def status(request: HttpRequest, file_id: str) -> HttpResponseBase:
    return answered(request, "cohort_status", partial(_status, file_id))


def file(request: HttpRequest, file_id: str) -> HttpResponseBase:
    return answered(request, "cohort_file", partial(_file, file_id))


def presigned(request: HttpRequest, file_id: str) -> HttpResponseBase:
    return answered(request, "cohort_download", partial(_presigned, file_id))


def _listed(request: HttpRequest, now: datetime) -> HttpResponse:
    _only(request, "GET")
    with_syncs = request.GET.get("includeSyncInfo", "").lower() in TRUE
    return as_json({"cohorts": listing.listed(with_syncs=with_syncs)})


def _uploaded(request: HttpRequest, now: datetime) -> HttpResponse:
    _only(request, "POST")
    body = request.read(limits.UPLOAD_BYTES + 1)
    if len(body) > limits.UPLOAD_BYTES:
        raise Refused(413, f"The body is larger than {limits.UPLOAD_BYTES} bytes")
    try:
        cohort = uploading.apply(uploading.read(body), now)
    except uploading.UploadRefused as refused:
        raise Refused(400, str(refused)) from refused
    if cohort is None:
        raise Refused(404, "Cohort not found")
    return as_json({"cohortId": cohort.pk})


def _asked(cohort_id: str, request: HttpRequest, now: datetime) -> HttpResponse:
    _only(request, "GET")
    if not COHORT_ID.fullmatch(cohort_id):
        raise Refused(400, "Invalid cohort id")
    cohort = Cohort.objects.filter(pk=cohort_id).first()
    if cohort is None:
        raise Refused(404, "Cohort not found")
    names = None
    if request.GET.get("props", "0").lower() in TRUE:
        given = ",".join(request.GET.getlist("propKeys")).split(",")
        names = list(dict.fromkeys(name.strip() for name in given if name.strip()))
    try:
        made = asking.ask(cohort, now, names=names, seconds=limits.seconds_of_work())
    except asking.TooMany as many:
        raise Refused(429, str(many), plain=True) from many
    return as_json({"request_id": made.pk, "cohort_id": cohort.pk}, 202)


def _status(file_id: str, request: HttpRequest, now: datetime) -> HttpResponse:
    _only(request, "GET")
    found = _found(file_id, now)
    content = {
        "request_id": found.pk,
        "cohort_id": found.cohort_id,
        "async_status": STATUS_WORDS[CohortFile.State(found.state)],
    }
    return as_json(content, 202 if found.state == CohortFile.State.ASKED else 200)


def _file(file_id: str, request: HttpRequest, now: datetime) -> HttpResponseBase:
    _only(request, "GET")
    found = _found(file_id, now)
    if found.state != CohortFile.State.COMPLETED:
        raise Refused(400, f"The request is not completed: {STATUS_WORDS[_state(found)]}")
    if found.bytes > limits.redirect_bytes():
        return HttpResponseRedirect(presigning.url(request, found.pk, now))
    return _sent(request, found)


def _presigned(file_id: str, request: HttpRequest, now: datetime) -> HttpResponseBase:
    """As storage answers it: in XML, and never with two kinds of credentials at once."""
    if request.method != "GET":
        return _storage_error(405, "MethodNotAllowed", "The specified method is not allowed")
    if "Authorization" in request.headers:
        return _storage_error(400, "InvalidArgument", "Only one auth mechanism allowed")
    try:
        presigning.check(file_id, request.GET, now)
    except presigning.UrlRefused as refused:
        return _storage_error(403, refused.code, str(refused))
    found = asking.found(file_id, now)
    if found is None or found.state != CohortFile.State.COMPLETED:
        return _storage_error(404, "NoSuchKey", "The specified key does not exist.")
    return _sent(request, found)


def _sent(request: HttpRequest, found: CohortFile) -> StreamingHttpResponse:
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    parts = writing_files.packed(found.pk) if packed else writing_files.unpacked(found.pk)
    try:
        download = sending_files.Download(parts)
    except sending_files.NoPlace as full:
        text = f"Exceeded {limits.DOWNLOADS_AT_ONCE} concurrent downloads"
        raise Refused(429, text, plain=True) from full
    response = StreamingHttpResponse(download, content_type="text/csv")
    response["Content-Length"] = str(found.stored_bytes if packed else found.bytes)
    if packed:
        response["Content-Encoding"] = "gzip"
    asking.count_download(found)
    return response


def _found(file_id: str, now: datetime) -> CohortFile:
    found = asking.found(file_id, now)
    if found is None:
        raise Refused(404, "Request not found")
    return found


def _state(found: CohortFile) -> CohortFile.State:
    return CohortFile.State(found.state)


def _storage_error(status_code: int, code: str, message: str) -> HttpResponse:
    text = STORAGE_ERROR.format(code=code, message=message)
    return HttpResponse(text, status=status_code, content_type="application/xml")


def _only(request: HttpRequest, method: str) -> None:
    require_pair(request)
    if request.method != method:
        raise Refused(405, f"Use {method}")
