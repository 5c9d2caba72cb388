"""The sandbox's own small REST interface for scripts and journeys: JSON in, JSON out, HTTP only."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from braze_partners.sandbox import (
    destinations,
    history,
    limits,
    members,
    scheduler,
    syncing,
    users,
)
from braze_partners.sandbox.models import (
    AmplitudeUser,
    Cadence,
    Cohort,
    Destination,
    SendAs,
    Sync,
    SyncAttempt,
)
from braze_partners.sandbox.rules.joining import AnyCondition, read_conditions
from braze_partners.sandbox.rules.properties import RuleRefused

Body = dict[str, Any]
SYNC_FIELDS = (
    *("id", "state", "kind", "trigger", "error_status"),
    *("to_add", "to_remove", "added", "removed", "left_out"),
    *("created_at", "started_at", "finished_at"),
)
REFUSALS = (
    members.CohortRefused,
    RuleRefused,
    users.UsersRefused,
)


class ApiRefused(Exception):
    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code = status, code


def answers(**handlers: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that gives each method to its handler and renders every refusal as JSON."""
    allowed = sorted(method.upper() for method in handlers)

    @csrf_exempt  # no cookie counts here: a body must be JSON, which no foreign page may post
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        handler = handlers.get((request.method or "").lower())
        try:
            if handler is None:
                text = _("Use one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}
                raise ApiRefused(405, "method_not_allowed", text)
            if request.method == "GET":
                return handler(request, **kwargs)
            return handler(_json_body(request), **kwargs)
        except ApiRefused as refused:
            return error(refused.status, refused.code, str(refused))
        except syncing.SyncRefused as refused:
            return error(409, "sync_refused", str(refused))
        except destinations.DestinationRefused as refused:
            return error(400, f"invalid_{refused.field}", str(refused))
        except REFUSALS as refused:
            return error(400, "invalid", str(refused))

    return functools.update_wrapper(view, next(iter(handlers.values())), assigned=["__doc__"])


def error(status: int, code: str, text: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": text}}, status=status)


def _json_body(request: HttpRequest) -> Body:
    origin = request.headers.get("Origin")
    if origin and not url_has_allowed_host_and_scheme(origin, {request.get_host()}):
        raise ApiRefused(403, "other_origin", _("Pages of other origins may not call this."))
    if request.method == "DELETE" and not request.body:
        return {}  # no page elsewhere can send it without being asked first
    if request.content_type != "application/json":
        raise ApiRefused(415, "not_json", _("Send the body as application/json."))
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as broken:
        raise ApiRefused(400, "not_json", _("The body is not valid JSON.")) from broken
    if not isinstance(body, dict):
        raise ApiRefused(400, "not_json", _("The body must be a JSON object."))
    return body


def list_cohorts(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"cohorts": [cohort_json(cohort) for cohort in Cohort.objects.all()]})


def create_cohort(body: Body) -> JsonResponse:
    now = timezone.now()
    name, cohort_id = text_in(body, "name"), text_in(body, "id", "") or None
    if "rule" in body:
        conditions, match = _rule(body["rule"])
        cohort = members.create_rule(name, conditions, match, now, cohort_id)
    else:
        user_ids = users.checked_ids(_list(body, "user_ids"))
        cohort = members.create_list(name, user_ids, now, cohort_id)
    return JsonResponse(cohort_json(cohort), status=201)


def show_cohort(request: HttpRequest, cohort_id: str) -> JsonResponse:
    return JsonResponse(cohort_json(_cohort(cohort_id)))


def change_cohort(body: Body, cohort_id: str) -> JsonResponse:
    """Renames or describes it, gives it another rule, archives it or takes it back."""
    cohort, now = _cohort(cohort_id), timezone.now()
    rule = _rule(body["rule"]) if "rule" in body else None
    if not isinstance(body.get("archived", False), bool):
        raise ApiRefused(400, "invalid_archived", _("`archived` must be true or false."))
    if "name" in body:
        members.rename(cohort, text_in(body, "name"), now)
    if "description" in body:
        members.describe(cohort, text_in(body, "description"), now)
    if "archived" in body:
        syncing.archive(cohort, body["archived"], now)
    if rule:
        members.set_rule(cohort, rule[0], rule[1], now)
    return JsonResponse(cohort_json(cohort))


def delete_cohort(body: Body, cohort_id: str) -> JsonResponse:
    syncing.delete(_cohort(cohort_id))
    return JsonResponse({"deleted": cohort_id})


def recompute_cohort(body: Body, cohort_id: str) -> JsonResponse:
    """Brings the members of a cohort by rule up to date now."""
    cohort = _cohort(cohort_id)
    change = members.recompute(cohort, timezone.now())
    shown = {"added": change.added, "removed": change.removed, **cohort_json(cohort)}
    return JsonResponse(shown)


def list_syncs(request: HttpRequest, cohort_id: str) -> JsonResponse:
    """The history of its syncs, the newest first, at most a page of them."""
    syncs = _cohort(cohort_id).syncs.select_related("link")
    rows = [sync_row(sync) for sync in syncs[: limits.ROWS_PER_PAGE]]
    return JsonResponse({"syncs": rows})


def list_members(request: HttpRequest, cohort_id: str) -> JsonResponse:
    held = _cohort(cohort_id).members.values_list("user__user_id", "user__device_id")
    rows = [{"user_id": user_id, "device_id": device_id} for user_id, device_id in held]
    return JsonResponse({"members": rows})


def change_members(body: Body, cohort_id: str) -> JsonResponse:
    cohort = _cohort(cohort_id)
    add, remove = (users.checked_ids(_list(body, name)) for name in ("add", "remove"))
    change = members.change(cohort, add=add, remove=remove, now=timezone.now())
    return JsonResponse({"added": change.added, "removed": change.removed, "size": cohort.size})


def list_users(request: HttpRequest) -> JsonResponse:
    """The users with this user ID or this device, at most a page of them."""
    found = AmplitudeUser.objects.prefetch_related("devices").order_by("amplitude_id")
    user_id, device_id = request.GET.get("user_id"), request.GET.get("device_id")
    if user_id:
        found = found.filter(user_id=user_id)
    if device_id:
        found = found.filter(devices__device_id=device_id)
    rows = [user_json(user) for user in found[: limits.ROWS_PER_ANSWER]]
    return JsonResponse({"users": rows})


def add_users(body: Body) -> JsonResponse:
    now = timezone.now()
    created, changed = users.add_users([_new_user(row) for row in _list(body, "users")], now)
    members.recompute_rules(now)
    return JsonResponse({"created": created, "changed": changed}, status=201)


def show_destination(request: HttpRequest) -> JsonResponse:
    destination = destinations.current()
    if destination is None:
        raise ApiRefused(404, "no_destination", _("Destinations > Braze is not set up."))
    return JsonResponse(destination_json(destination))


def save_destination(body: Body) -> JsonResponse:
    """Saves it and says what the other side answers to a test call with it."""
    now = timezone.now()
    key, rest_endpoint = text_in(body, "api_key", ""), text_in(body, "rest_endpoint")
    destination = destinations.save(key, rest_endpoint, now)
    destinations.test(destination, now)
    return JsonResponse(destination_json(destination))


def ask_for_sync(body: Body, cohort_id: str) -> JsonResponse:
    sync = syncing.ask(
        _cohort(cohort_id),
        text_in(body, "send_as", SendAs.USER_ID),
        text_in(body, "cadence", Cadence.ONE_TIME),
        timezone.now(),
        full=body.get("full") is True,
    )
    scheduler.wake()
    return JsonResponse(sync_json(sync), status=202)


def show_sync(request: HttpRequest, sync_id: int) -> JsonResponse:
    sync = Sync.objects.select_related("link").filter(pk=sync_id).first()
    if sync is None:
        raise ApiRefused(404, "no_such_sync", _("There is no such sync."))
    return JsonResponse(sync_json(sync))


def user_json(user: AmplitudeUser) -> dict[str, Any]:
    return {
        "amplitude_id": user.pk,
        "user_id": user.user_id,
        "device_ids": sorted(device.device_id for device in user.devices.all()),
        "properties": user.properties,
    }


def cohort_json(cohort: Cohort) -> dict[str, Any]:
    rule = {"match": cohort.match, "conditions": cohort.conditions}
    return {
        "id": cohort.id,
        "name": cohort.name,
        "kind": cohort.kind,
        "rule": rule if cohort.by_rule else None,
        "size": cohort.size,
        "description": cohort.description,
        "archived": cohort.archived,
        "created_at": cohort.created_at,
        "computed_at": cohort.computed_at,
    }


def destination_json(destination: Destination) -> dict[str, Any]:
    return {
        "rest_endpoint": destination.rest_endpoint,
        "api_key": destination.masked_key,
        "test": {
            "accepted": destination.accepted,
            "status": destination.test_status,
            "message": destination.test_message,
        },
    }


def sync_json(sync: Sync) -> dict[str, Any]:
    attempts = SyncAttempt.objects.filter(request__sync=sync)
    names = ("at", "status", "message", "took_ms", "request__position")
    return {**sync_row(sync), "attempts": list(attempts.values(*names))}


def sync_row(sync: Sync) -> dict[str, Any]:
    return {
        **{name: getattr(sync, name) for name in SYNC_FIELDS},
        "cohort_id": sync.cohort_id,
        "send_as": sync.link.send_as,
        "requests": sync.requests_made,
        "requests_planned": sync.requests_planned,
        "retries": history.retries(sync),
        "error": sync.error or None,
    }


def _cohort(cohort_id: str) -> Cohort:
    cohort = Cohort.objects.filter(pk=cohort_id).first()
    if cohort is None:
        raise ApiRefused(404, "no_such_cohort", _("There is no such cohort."))
    return cohort


def text_in(body: Body, name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        text = _("`%(name)s` must be a string.") % {"name": name}
        raise ApiRefused(400, f"invalid_{name}", text)
    return str(value)


def _list(body: Body, name: str) -> list[Any]:
    value = body.get(name, [])
    if not isinstance(value, list):
        text = _("`%(name)s` must be an array.") % {"name": name}
        raise ApiRefused(400, f"invalid_{name}", text)
    return value


def _rule(given: Any) -> tuple[list[AnyCondition], str]:
    if not isinstance(given, dict) or given.get("match", "all") not in Cohort.Match.values:
        text = _("`rule` must be an object with `match` (all or any) and `conditions`.")
        raise ApiRefused(400, "invalid_rule", text)
    return read_conditions(_list(given, "conditions")), given.get("match", "all")


def _new_user(row: Any) -> users.NewUser:
    if not isinstance(row, dict) or not isinstance(row.get("properties", {}), dict):
        raise users.UsersRefused(_("Every user must be an object; `properties` one as well."))
    user_id, device_id = (
        next(iter(users.checked_ids([row.get(name) or ""])), None)
        for name in ("user_id", "device_id")
    )
    return users.NewUser(user_id, device_id, row.get("properties", {}))
