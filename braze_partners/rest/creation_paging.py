"""Pages of rows whose ids are random, newest first. A page ends at a moment of creation; rows
created in the same microsecond stay on one page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from braze_partners.rest.paging import Page, next_link, page_request

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LATEST = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // MICROSECOND


def creation_page(request: Request, rows: QuerySet[Any]) -> Page[Any]:
    """By `created_at`, which the rows have; at most three queries."""
    asked = page_request(request)
    ordered = rows.order_by("-created_at", "-pk")
    if asked.after is not None:
        ordered = ordered.filter(created_at__lt=EPOCH + min(asked.after, LATEST) * MICROSECOND)
    found = list(ordered[: asked.size + 1])
    if len(found) <= asked.size:
        return Page(found, None)
    last = found[asked.size - 1].created_at
    shown = [*ordered.filter(created_at__gt=last), *ordered.filter(created_at=last)]
    more = ordered.filter(created_at__lt=last).exists()
    return Page(shown, next_link(request, (last - EPOCH) // MICROSECOND) if more else None)
