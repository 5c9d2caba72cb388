"""The Behavioral Cohorts API as Amplitude serves it: HTTP only, no page and no cookie."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from braze_partners.sandbox.cohort_api import (
    asking,
    limits,
    listing,
    presigning,
    uploading,
)
from braze_partners.sandbox.models import Cohort, CohortFile
from braze_partners.sandbox.views import cohort_files
from braze_partners.sandbox.views.outside import (
    TRUE,
    Call,
    Refused,
    Words,
    answered,
    as_json,
    require_pair,
)

COHORT_ID = re.compile(r"[A-Za-z0-9]{8}")
STATUS_WORDS = {
    CohortFile.State.ASKED: "JOB INPROGRESS",
    CohortFile.State.COMPLETED: "JOB COMPLETED",
    CohortFile.State.FAILED: "JOB FAILED",
}
WORDS = Words(unauthorized=("Unauthorized", False), too_many=("Exceeded limit of requests", True))
STORAGE_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>{code}</Code><Message>{message}</Message></Error>"
)


def cohort_list(request: HttpRequest) -> HttpResponseBase:
    return answered(request, "cohorts", WORDS, _listed)


@csrf_exempt  # the keys in the header are what counts; there is no cookie here
def upload(request: HttpRequest) -> HttpResponseBase:
    return answered(request, "cohort_upload", WORDS, _uploaded)


def ask(request: HttpRequest, cohort_id: str) -> HttpResponseBase:
    return answered(request, "cohort_request", WORDS, partial(_asked, cohort_id))


def status(request: HttpRequest, file_id: str) -> HttpResponseBase:
    return answered(request, "cohort_status", WORDS, partial(_status, file_id))


def file(request: HttpRequest, file_id: str) -> HttpResponseBase:
    return answered(request, "cohort_file", WORDS, partial(_file, file_id))


def presigned(request: HttpRequest, file_id: str) -> HttpResponseBase:
    return answered(request, "cohort_download", WORDS, partial(_presigned, file_id))


def _listed(call: Call) -> HttpResponse:
    _only(call.request, "GET")
    with_syncs = call.request.GET.get("includeSyncInfo", "").lower() in TRUE
    return as_json({"cohorts": listing.listed(with_syncs=with_syncs)})


def _uploaded(call: Call) -> HttpResponse:
    _only(call.request, "POST")
    body = call.request.read(limits.UPLOAD_BYTES + 1)
    if len(body) > limits.UPLOAD_BYTES:
        raise Refused(413, f"The body is larger than {limits.UPLOAD_BYTES} bytes")
    try:
        cohort = uploading.apply(uploading.read(body), call.now)
    except uploading.UploadRefused as refused:
        raise Refused(400, str(refused)) from refused
    if cohort is None:
        raise Refused(404, "Cohort not found")
    return as_json({"cohortId": cohort.pk})


def _asked(cohort_id: str, call: Call) -> HttpResponse:
    _only(call.request, "GET")
    if not COHORT_ID.fullmatch(cohort_id):
        raise Refused(400, "Invalid cohort id")
    cohort = Cohort.objects.filter(pk=cohort_id).first()
    if cohort is None:
        raise Refused(404, "Cohort not found")
    slow, fails = call.active.drawn("slow_job"), call.active.drawn("job_failed")
    seconds = limits.seconds_of_work() if slow is None else slow["seconds"]
    names = _properties_wanted(call.request)
    try:
        made = asking.ask(cohort, call.now, names=names, seconds=seconds, fails=fails is not None)
    except asking.TooMany as many:
        raise Refused(429, str(many), plain=True) from many
    return as_json({"request_id": made.pk, "cohort_id": cohort.pk}, 202)


def _properties_wanted(request: HttpRequest) -> list[str] | None:
    """The named ones, every one when none is named, or None for no properties at all."""
    if request.GET.get("props", "0").lower() not in TRUE:
        return None
    given = ",".join(request.GET.getlist("propKeys")).split(",")
    return list(dict.fromkeys(name.strip() for name in given if name.strip()))


def _status(file_id: str, call: Call) -> HttpResponse:
    _only(call.request, "GET")
    found = _found(file_id, call.now)
    content = {
        "request_id": found.pk,
        "cohort_id": found.cohort_id,
        "async_status": _status_words(found),
    }
    return as_json(content, 202 if found.state == CohortFile.State.ASKED else 200)


def _file(file_id: str, call: Call) -> HttpResponseBase:
    _only(call.request, "GET")
    found = _found(file_id, call.now)
    if found.state != CohortFile.State.COMPLETED:
        raise Refused(400, f"The request is not completed: {_status_words(found)}")
    location = _location(call, found)
    return HttpResponseRedirect(location) if location else cohort_files.sent(call, found)


def _location(call: Call, found: CohortFile) -> str | None:
    """Where the data is when it is not in the answer itself."""
    elsewhere = call.active.drawn("other_host")
    if elsewhere is not None:
        return str(elsewhere["location"])
    if call.active.drawn("expired_url") is not None:
        long_ago = call.now - timedelta(seconds=2 * limits.URL_SECONDS)
        return presigning.url(call.request, found.pk, long_ago)
    if call.active.drawn("second_redirect") is not None:
        return presigning.url(call.request, found.pk, call.now, hop="1")
    if found.bytes > limits.redirect_bytes():
        return presigning.url(call.request, found.pk, call.now)
    return None


def _presigned(file_id: str, call: Call) -> HttpResponseBase:
    """As storage answers it: in XML, and never with two kinds of credentials at once."""
    request, now = call.request, call.now
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
    if "hop" in request.GET:
        return HttpResponseRedirect(presigning.url(request, file_id, now))
    return cohort_files.sent(call, found)


def _found(file_id: str, now: datetime) -> CohortFile:
    found = asking.found(file_id, now)
    if found is None:
        raise Refused(404, "Request not found")
    return found


def _status_words(found: CohortFile) -> str:
    return STATUS_WORDS[CohortFile.State(found.state)]


def _storage_error(status_code: int, code: str, message: str) -> HttpResponse:
    text = STORAGE_ERROR.format(code=code, message=message)
    return HttpResponse(text, status=status_code, content_type="application/xml")


def _only(request: HttpRequest, method: str) -> None:
    require_pair(request)
    if request.method != method:
        raise Refused(405, f"Use {method}")
