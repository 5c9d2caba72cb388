"""POST /users/track. HTTP only: track_body reads what is told, tracking does it."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse

from braze_partners.errors import Unavailable
from braze_partners.events import track_body, tracking
from braze_partners.events.errors import RETRY_AFTER
from braze_partners.events.track_body import Problem
from braze_partners.events.tracking import Tracked
from braze_partners.keys.endpoint import RestCall, rest_endpoint
from braze_partners.people.upserts import PeopleChanged
from braze_partners.rest.bodies import read_json_body
from braze_partners.rest.rate_limits import Pool

ALL_REFUSED = "Every object of the request is refused; `errors` says why"


@rest_endpoint("users.track", Pool.TRACK)
def track(call: RestCall) -> HttpResponse:
    """201 means on disk. Objects that are refused stop no others, unless none is left."""
    body = track_body.read(read_json_body(call.request))
    try:
        tracked = tracking.track(call.workspace_id, body, call.now)
    except PeopleChanged as error:
        raise Unavailable(headers={"Retry-After": str(RETRY_AFTER)}) from error
    status = 400 if tracked.nothing else 201
    return HttpResponse(
        orjson.dumps(_answer(tracked)), status=status, content_type="application/json"
    )


def _answer(tracked: Tracked) -> dict[str, Any]:
    errors = [_error(problem) for problem in tracked.problems]
    if tracked.nothing:
        return {"message": ALL_REFUSED, "errors": errors}
    counts = {f"{array}_processed": count for array, count in tracked.processed.items()}
    answer: dict[str, Any] = {"message": "success", **counts}
    return answer | {"errors": errors} if errors else answer


def _error(problem: Problem) -> dict[str, Any]:
    return {"type": problem.text, "input_array": problem.array, "index": problem.index}
