"""The User Profile API as Amplitude serves it: HTTP only, no page and no cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from braze_partners.sandbox import project_keys, user_profiles
from braze_partners.sandbox.views.outside import TRUE, Call, Refused, Words, answered, as_json

SCHEME = "Api-Key "
TOO_MANY = (
    "Number of requests per minute exceeds system limit. "
    "Contact Support if you need this limit raised"
)
INVALID_KEY = "Invalid Api-Key"
WORDS = Words(unauthorized=(INVALID_KEY, True), too_many=(TOO_MANY, False))


@csrf_exempt  # the key in the header is what counts; there is no cookie here
def profile(request: HttpRequest) -> HttpResponseBase:
    return answered(request, "profile", WORDS, _profile)


@csrf_exempt
def wrong_path(request: HttpRequest, rest: str) -> HttpResponse:
    return HttpResponse(status=404)


def _profile(call: Call) -> HttpResponse:
    request, now = call.request, call.now
    _require_secret(request)
    if request.method != "GET":
        return HttpResponse(status=404)
    if not user_profiles.rate.admits(now):
        raise Refused(429, TOO_MANY)
    user_id, device_id = request.GET.get("user_id", ""), request.GET.get("device_id", "")
    if not (user_id or device_id):
        raise Refused(400, "Either user_id or device_id is required")
    user = user_profiles.found(user_id, device_id)
    if user is None:
        raise Refused(400, "User id and device id not seen before")
    shown = user_profiles.as_json(
        user,
        properties=_asked(request, "get_amp_props") or _asked(request, "get_computations"),
        cohorts=_asked(request, "get_cohort_ids"),
    )
    return as_json({"userData": shown})


def _require_secret(request: HttpRequest) -> None:
    given = request.headers.get("Authorization", "")
    if not given.startswith(SCHEME):
        raise Refused(401, "Missing Api-Key in Authorization header", plain=True)
    if not project_keys.accepts_secret(given.removeprefix(SCHEME).strip()):
        raise Refused(401, INVALID_KEY, plain=True)


def _asked(request: HttpRequest, name: str) -> bool:
    return request.GET.get(name, "").lower() in TRUE
