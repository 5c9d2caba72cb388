"""HTTP V2, Batch and Identify as Amplitude serves them: HTTP only, no page and no cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from braze_partners.sandbox.faults import effects, sockets, switching
from braze_partners.sandbox.faults import line as faulty_line
from braze_partners.sandbox.faults.active import Active
from braze_partners.sandbox.faults.effects import Reply
from braze_partners.sandbox.faults.places import UPLOAD
from braze_partners.sandbox.upload import bodies, replying, seen, wire
from braze_partners.sandbox.upload import identify as identification
from braze_partners.sandbox.upload.ingestion import Arrived
from braze_partners.sandbox.upload.wire import Endpoint


@csrf_exempt  # the key in the body is what counts; there is no cookie here
def http_v2(request: HttpRequest) -> HttpResponseBase:
    return _answered(request, Endpoint.HTTP_V2)


@csrf_exempt
def batch(request: HttpRequest) -> HttpResponseBase:
    return _answered(request, Endpoint.BATCH)


@csrf_exempt
def identify(request: HttpRequest) -> HttpResponseBase:
    """Answers the word `success` as plain text, as the real one does."""
    if request.method != "POST":
        return wrong_path(request)
    try:
        identification.identify(request.POST.dict(), timezone.now())
    except wire.Refused as refused:
        return Reply.of(refused.answer).rendered()
    return HttpResponse("success", content_type="text/plain; charset=utf-8")


@csrf_exempt
def wrong_path(request: HttpRequest) -> HttpResponse:
    return Reply.of(wire.bad_request(wire.INVALID_PATH)).rendered()


def _answered(request: HttpRequest, endpoint: Endpoint) -> HttpResponseBase:
    now = timezone.now()
    active = Active.of(switching.switched_on(now), UPLOAD)
    if effects.is_dropped(active):
        return _dropped(request, endpoint, active)
    if request.method != "POST":
        return wrong_path(request)
    line = faulty_line.line(active)
    reply = replying.reply_to(_arrived(request, endpoint), active, now)
    switching.count_hits(active.hit)
    return faulty_line.through(reply.rendered(), line, request.META)


def _arrived(request: HttpRequest, endpoint: Endpoint) -> Arrived:
    encoding = request.headers.get("Content-Encoding", "")
    return bodies.read(request.META["wsgi.input"], encoding, endpoint)


def _dropped(request: HttpRequest, endpoint: Endpoint, active: Active) -> HttpResponse:
    sockets.reset(request.META)
    switching.count_hits(active.hit)
    faults = tuple(active.hit)
    seen.note(seen.Request(timezone.now(), endpoint.value, None, 0, 0, "", faults))
    return HttpResponse()  # goes nowhere
