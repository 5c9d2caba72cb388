"""The two endpoints that partners call. HTTP only: bodies are read by wire, what they ask for is
done by importing and naming.

Order of checks: method, partner, size, JSON, credentials, rate, then the fields in the order of
wire/braze-cohort-import.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from braze_partners import errors
from braze_partners.keys.verifying import VerifiedKey, admit_import_call, partner_api_key
from braze_partners.partners import directory
from braze_partners.rest.bodies import accept_chunks, read_body
from braze_partners.rest.rate_limits import Pool, take
from braze_partners.workspaces.addresses import client_address
from cohorts import importing, membership, naming, wire
from cohorts.errors import ResourceLocked
from cohorts.importing import Source
from cohorts.limits import MAX_BODY_BYTES
from cohorts.refusals import record_refusal

SUCCESS = b'{"message":"success"}'
RETRY_AFTER = 1  # seconds; a cohort held by others is free again soon

Content = TypeVar("Content")
Endpoint = Callable[[HttpRequest, str], Mapping[str, str]]


def partner_endpoint(endpoint: Endpoint) -> Callable[[HttpRequest, str], HttpResponse]:
    """Answers 201 with the headers that the endpoint returns, or what it refuses."""

    @csrf_exempt
    @wraps(endpoint)
    def view(request: HttpRequest, partner: str) -> HttpResponse:
        try:
            if request.method != "POST":
                raise errors.MethodNotAllowed(headers={"Allow": "POST"})
            if directory.find(partner) is None:
                raise errors.NotFound("Unknown partner")
            with membership.busy_is_locked():
                headers = endpoint(request, partner)
        except errors.Refusal as refusal:
            return errors.answer(request, refusal)
        except ResourceLocked:
            locked = errors.Locked(headers={"Retry-After": str(RETRY_AFTER)})
            return errors.answer(request, locked)
        return HttpResponse(SUCCESS, status=201, content_type="application/json", headers=headers)

    return view


@partner_endpoint
def cohorts(request: HttpRequest, partner: str) -> Mapping[str, str]:
    """Makes a cohort, or gives it another name."""
    started = time.perf_counter()
    call = wire.read_name(_body(request))
    _, source, rate = _admit(request, partner, call, started)
    content = _accepted(call, source, rate)
    naming.name_cohort(naming.Naming(source, content.cohort_id, content.name, content.created_at))
    return rate


@partner_endpoint
def cohorts_users(request: HttpRequest, partner: str) -> Mapping[str, str]:
    """Adds people to a cohort and takes people out of it."""
    started = time.perf_counter()
    call = wire.read_users(_body(request))
    key, source, rate = _admit(request, partner, call, started)
    content = _accepted(call, source, rate)
    importing.push(
        importing.Push(source, content.cohort_id, content.changes, key.create_unknown_users)
    )
    return rate


def _body(request: HttpRequest) -> bytes:
    accept_chunks(request, MAX_BODY_BYTES)
    return read_body(request, MAX_BODY_BYTES)


def _admit(
    request: HttpRequest, partner: str, call: wire.Call[Content], started: float
) -> tuple[VerifiedKey, Source, Mapping[str, str]]:
    """The key, from whom the request comes, and the headers that say what is left of the hour."""
    now = datetime.now(UTC)
    address = client_address(request)
    partner_api_key(call.partner_api_key, partner)
    key = admit_import_call(call.client_secret, partner, address, now)
    rate = take(Pool.PARTNERS, key.workspace_id, now)
    rate.enforce(now)
    source = Source(
        workspace_id=key.workspace_id,
        partner=partner,
        at=now,
        started=started,
        key_id=key.key_id,
        address=address,
        request_id=getattr(request, "request_id", ""),
    )
    return key, source, rate.headers


def _accepted(call: wire.Call[Content], source: Source, rate: Mapping[str, str]) -> Content:
    """What the call asks for; raises and records why it is refused."""
    if isinstance(call.content, errors.BadRequest):
        record_refusal(source, call.cohort_id, call.content.text, call.received)
        call.content.headers |= rate
        raise call.content
    return call.content
