"""REST about the upload side: events, requests, faults, the project and its keys. HTTP only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from braze_partners.sandbox import event_log, limits, project_keys, state_files
from braze_partners.sandbox.api import ApiRefused, Body, text_in
from braze_partners.sandbox.event_log import COMPACT_ROWS, Filter
from braze_partners.sandbox.faults import switching
from braze_partners.sandbox.faults.kinds import KINDS
from braze_partners.sandbox.faults.options import OptionRefused
from braze_partners.sandbox.models import Fault, ProjectKey
from braze_partners.sandbox.upload import seen

COMPACT_NAMES = ("sequence", "insert_id", "user_id", "device_id", "duplicates")


def list_events(request: HttpRequest) -> HttpResponse:
    """In the order of ingestion; `next` is the `after` of the next page, null at the end."""
    after, limit = _cursor(request, limits.ROWS_PER_ANSWER)
    rows = _filter(request).rows().filter(sequence__gt=after).order_by("sequence")
    found = list(rows[: limit + 1])
    page = found[:limit]
    following = page[-1].sequence if len(found) > limit else None
    return _json({"events": [event_log.as_json(event) for event in page], "next": following})


def list_insert_ids(request: HttpRequest) -> HttpResponse:
    """The compact list, for comparing event by event."""
    after, limit = _cursor(request, COMPACT_ROWS)
    found = event_log.compact(after, limit + 1)
    page = found[:limit]
    rows = [dict(zip(COMPACT_NAMES, row, strict=True)) for row in page]
    return _json({"events": rows, "next": page[-1][0] if len(found) > limit else None})


def count_events(request: HttpRequest) -> JsonResponse:
    return JsonResponse(event_log.counts(_filter(request)))


def delete_events(body: Body) -> JsonResponse:
    return JsonResponse({"deleted": event_log.delete_all()})


def list_requests(request: HttpRequest) -> JsonResponse:
    """The last requests to the upload endpoints since the start, the newest first."""
    names = ("at", "endpoint", "status", "events", "size", "error", "faults")
    _after, limit = _cursor(request, seen.REMEMBERED)
    rows = [
        {"number": number, **{name: getattr(one, name) for name in names}}
        for number, one in seen.latest(limit)
    ]
    return JsonResponse({"requests": rows})


def list_faults(request: HttpRequest) -> JsonResponse:
    return JsonResponse(_faults())


def set_faults(body: Body) -> JsonResponse:
    """Exactly the faults in `faults`, an object by kind, are on afterwards."""
    given = body.get("faults")
    if not isinstance(given, dict):
        text = _("`faults` must be an object of kinds.")
        raise ApiRefused(400, "invalid_faults", text)
    asked = [_wanted(kind, settings) for kind, settings in given.items()]
    switching.switch_to(asked, timezone.now())
    return JsonResponse(_faults())


def clear_faults(body: Body) -> JsonResponse:
    switching.switch_off()
    return JsonResponse(_faults())


def show_fault(request: HttpRequest, kind: str) -> JsonResponse:
    fault = switching.switched_on(timezone.now()).filter(kind=_known(kind)).first()
    if fault is None:
        raise ApiRefused(404, "not_on", _("This fault is not switched on."))
    return JsonResponse(fault_json(fault))


def set_fault(body: Body, kind: str) -> JsonResponse:
    return JsonResponse(fault_json(switching.switch_on(_wanted(kind, body), timezone.now())))


def clear_fault(body: Body, kind: str) -> JsonResponse:
    switching.switch_off(_known(kind))
    return JsonResponse(_faults())


def show_project(request: HttpRequest) -> JsonResponse:
    """There is no sign-in and only this machine asks, so the keys are told to whoever does."""
    credentials = state_files.project_credentials()
    return JsonResponse(
        {
            "name": settings.PROJECT_NAME,
            "api_key": credentials["api_key"],
            "secret_key": credentials["secret_key"],
            "app_id": settings.APP_ID,
            "api_keys": list(project_keys.accepted()),
        }
    )


def list_keys(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"keys": [key_json(row) for row in ProjectKey.objects.all()]})


def add_key(body: Body) -> JsonResponse:
    label, key = text_in(body, "label", ""), text_in(body, "api_key", "")
    try:
        added = project_keys.add(label, key, timezone.now())
    except project_keys.KeyRefused as refused:
        raise ApiRefused(400, "invalid_api_key", str(refused)) from refused
    return JsonResponse(key_json(added), status=201)


def revoke_key(body: Body, number: int) -> JsonResponse:
    if not project_keys.revoke(number, timezone.now()):
        raise ApiRefused(404, "no_such_key", _("There is no such key, or it is revoked already."))
    return JsonResponse(key_json(ProjectKey.objects.get(pk=number)))


def fault_json(fault: Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind,
        "share": fault.share,
        "since": fault.since,
        "until": fault.until,
        "hits": fault.hits,
        **fault.options,
    }


def key_json(row: ProjectKey) -> dict[str, Any]:
    return {
        "id": row.pk,
        "label": row.label,
        "api_key": project_keys.text_of(row),
        "created_at": row.created_at,
        "revoked_at": row.revoked_at,
    }


def _faults() -> dict[str, Any]:
    on = [fault_json(fault) for fault in switching.switched_on(timezone.now())]
    return {"faults": on, "kinds": list(KINDS)}


def _wanted(kind: str, given: Any) -> switching.Wanted:
    if not isinstance(given, dict):
        raise ApiRefused(400, "invalid_faults", _("Every fault must be an object."))
    try:
        return switching.wanted(_known(kind), given)
    except OptionRefused as refused:
        raise ApiRefused(400, f"invalid_{refused.name}", str(refused)) from refused


def _known(kind: str) -> str:
    if kind not in KINDS:
        text = _("There is no such fault. There are: %(kinds)s.")
        raise ApiRefused(404, "no_such_fault", text % {"kinds": ", ".join(KINDS)})
    return kind


def _filter(request: HttpRequest) -> Filter:
    return Filter(
        event_type=request.GET.get("event_type") or None,
        user_id=request.GET.get("user_id") or None,
        device_id=request.GET.get("device_id") or None,
        insert_id=request.GET.get("insert_id") or None,
        received_from=_moment(request, "received_from"),
        received_until=_moment(request, "received_until"),
    )


def _moment(request: HttpRequest, name: str) -> datetime | None:
    text = request.GET.get(name)
    if not text:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        shown = _("`%(name)s` must be a time with its zone, such as 2026-05-12T09:40:00Z.")
        raise ApiRefused(400, f"invalid_{name}", shown % {"name": name})
    return moment


def _cursor(request: HttpRequest, most: int) -> tuple[int, int]:
    values = []
    for name, default in (("after", "0"), ("limit", str(most))):
        text = request.GET.get(name, default)
        if not text.isascii() or not text.isdigit():
            shown = _("`%(name)s` must be a number.") % {"name": name}
            raise ApiRefused(400, f"invalid_{name}", shown)
        values.append(min(int(text), 2**63 - 1))
    return values[0], max(1, min(values[1], most))


def _json(content: dict[str, Any]) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), content_type="application/json")
