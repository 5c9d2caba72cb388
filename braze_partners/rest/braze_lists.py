"""What Braze's own listing endpoints share (wire/braze-users-track.md, "Reading"): numbered pages,
the order of creation, how a moment is written. Knows no endpoint."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from braze_partners.errors import BadRequest

SUCCESS = "success"


def numbered_page(request: Request, rows: QuerySet[Any], size: int) -> list[Any]:
    """The rows of `page` by creation, `sort_direction` asc or desc; a page that isn't there is
    empty."""
    direction = request.query_params.get("sort_direction", "asc")
    if direction not in ("asc", "desc"):
        raise BadRequest("sort_direction must be asc or desc")
    order = ("created_at", "pk") if direction == "asc" else ("-created_at", "-pk")
    page = page_number(request.query_params.get("page", "0"))
    return list(rows.order_by(*order)[page * size : (page + 1) * size]) if page >= 0 else []


def page_number(text: str) -> int:
    """-1 for what is no page."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else -1


def moment_asked(request: Request, name: str) -> datetime | None:
    """In UTC; None where the parameter is not given. A time without an offset is UTC, as Braze
    takes it."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"{name} must be a time in ISO 8601") from error


def moment(at: datetime) -> str:
    """As Braze writes it: 2026-05-12T14:32:08.000Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
