"""An endpoint that is called with a REST API key on the straight way (rest/straight.py): method,
key, permission, rate, then what the endpoint does. HTTP only.

It says no more than rest/views.py does, and costs a tenth of it: for the paths that carry load.

    @rest_endpoint("users.track", Pool.TRACK)
    def track(call: RestCall) -> HttpResponse:
        body = read_json_body(call.request)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from braze_partners.errors import LacksPermission, MethodNotAllowed, Refusal, answer
from braze_partners.keys.authentication import bearer_secret
from braze_partners.keys.verifying import VerifiedRestKey, admit_rest_call
from braze_partners.rest.rate_limits import Pool, take
from braze_partners.workspaces.addresses import client_address


@dataclass(frozen=True, slots=True)
class RestCall:
    """A request whose key may make it; `now` is the moment it came."""

    request: HttpRequest
    key: VerifiedRestKey
    now: datetime

    @property
    def workspace_id(self) -> int:
        return self.key.workspace_id


Endpoint = Callable[[RestCall], HttpResponse]
View = Callable[[HttpRequest], HttpResponse]


def rest_endpoint(permission: str, pool: Pool, method: str = "POST") -> Callable[[Endpoint], View]:
    """The view says in `needs` what it asks of the key, as every ApiView does."""

    def decorate(endpoint: Endpoint) -> View:
        @csrf_exempt
        @wraps(endpoint)
        def view(request: HttpRequest) -> HttpResponse:
            try:
                if request.method != method:
                    raise MethodNotAllowed(headers={"Allow": method})
                call = _admitted(request, permission)
            except Refusal as refusal:
                return answer(request, refusal)
            return _limited(call, pool, endpoint)

        view.needs = {method: permission}  # type: ignore[attr-defined]
        return view

    return decorate


def _admitted(request: HttpRequest, permission: str) -> RestCall:
    now = datetime.now(UTC)
    secret = bearer_secret(request.headers.get("Authorization", ""))
    key = admit_rest_call(secret, client_address(request), now)
    if permission not in key.permissions:
        raise LacksPermission(permission)
    return RestCall(request, key, now)


def _limited(call: RestCall, pool: Pool, endpoint: Endpoint) -> HttpResponse:
    """Every answer to a valid key, refusals too, says what is left of the window."""
    rate = take(pool, call.workspace_id, call.now)
    try:
        rate.enforce(call.now)
        response = endpoint(call)
    except Refusal as refusal:
        response = answer(call.request, refusal)
    rate.put_on(response)
    return response
