"""Pages of a list: `page_size`, an opaque `cursor`, and a `next` link that leads on.

Stable while rows come and go: a cursor says after which row to go on, not how many to skip.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import BadRequest
from braze_partners.rest.limits import MAX_PAGE_SIZE, PAGE_SIZE

Row = TypeVar("Row")
SomeModel = TypeVar("SomeModel", bound=Model)

MAX_NUMBER = 2**63 - 1

PAGE_PARAMETERS = [
    OpenApiParameter(
        "page_size",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_PAGE_SIZE,
            "default": PAGE_SIZE,
        },
        description="Objects on a page.",
    ),
    OpenApiParameter("cursor", str, description="From the `next` link of the page before."),
]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`after` is the last row's number on the page before; None on the first."""

    size: int
    after: int | None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    next_url: str | None

    def answer(self, serializer: type[serializers.BaseSerializer[Any]], **extra: Any) -> Response:
        data = serializer(self.rows, many=True, **extra).data
        return Response({"data": data, "next": self.next_url})


@cache
def _page_type(
    serializer: type[serializers.Serializer[Any]],
) -> type[serializers.Serializer[Any]]:
    name = serializer.__name__.removesuffix("Serializer")
    following = serializers.URLField(allow_null=True, help_text="Null on the last page.")
    fields = {"data": serializer(many=True), "next": following}
    return type(inline_serializer(f"{name}Page", fields))


def paged(serializer: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """A page of it, for the schema."""
    return _page_type(serializer)()


def _size(text: str | None) -> int:
    if text is None:
        return PAGE_SIZE
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PAGE_SIZE):
        sentence = f"Must be a whole number from 1 to {MAX_PAGE_SIZE}."
        raise BadRequest("Some parameters are not valid", fields={"page_size": [sentence]})
    return int(text)


def encode_cursor(number: int) -> str:
    return urlsafe_b64encode(f"after:{number}".encode()).decode().rstrip("=")


def _decode_cursor(text: str) -> int:
    try:
        plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise bad_cursor() from error
    number = plain.removeprefix("after:")
    if number == plain or not (number.isascii() and number.isdigit() and len(number) <= 19):
        raise bad_cursor()
    return min(int(number), MAX_NUMBER)


def bad_cursor() -> BadRequest:
    sentence = "Must be the cursor of a `next` link."
    return BadRequest("Some parameters are not valid", fields={"cursor": [sentence]})


def page_request(request: Request) -> PageRequest:
    """Raises BadRequest naming the parameter and its limits."""
    cursor = request.query_params.get("cursor")
    size = page_size(request)
    return PageRequest(size, _decode_cursor(cursor) if cursor is not None else None)


def page_size(request: Request) -> int:
    """For a list that has cursors of its own. Raises BadRequest."""
    return _size(request.query_params.get("page_size"))


def next_link(request: Request, after: int) -> str:
    """The same address with the cursor set."""
    return cursor_link(request, encode_cursor(after))


def cursor_link(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def query_page(request: Request, found: QuerySet[SomeModel]) -> Page[SomeModel]:
    """Newest first, by primary key; one query."""
    asked = page_request(request)
    ordered = found.order_by("-pk")
    if asked.after is not None:
        ordered = ordered.filter(pk__lt=asked.after)
    rows = list(ordered[: asked.size + 1])
    more = len(rows) > asked.size
    rows = rows[: asked.size]
    return Page(rows, next_link(request, rows[-1].pk) if more else None)


def sequence_page(request: Request, items: Sequence[Row]) -> Page[Row]:
    """For a list that is the same at every call, such as a table in the code."""
    asked = page_request(request)
    start = min(len(items), (asked.after or 0))
    end = start + asked.size
    return Page(items[start:end], next_link(request, end) if end < len(items) else None)
