"""REST framework's exceptions as refusals, so that every endpoint answers one of two shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.request import Request

from braze_partners.errors import (
    BY_STATUS,
    BadRequest,
    Forbidden,
    NotFound,
    Refusal,
    answer,
)

INVALID = "Some fields are not valid"


def _texts(detail: object, name: str) -> Iterator[tuple[str, str]]:
    """Nested serializer errors as (dotted field, sentence)."""
    if isinstance(detail, Mapping):
        for inner, value in detail.items():
            yield from _texts(value, f"{name}.{inner}" if name else str(inner))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for index, value in enumerate(detail):
            nested = isinstance(value, Mapping)
            yield from _texts(value, f"{name}.{index}" if nested else name)
    else:
        yield name or "non_field_errors", str(detail)


def fields_of(error: exceptions.ValidationError) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, text in _texts(error.detail, ""):
        fields.setdefault(name, []).append(text)
    return fields


class OtherRefusal(Refusal):
    """A status that only REST framework raises: 406."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status  # type: ignore[misc]


def refusal_of(error: Exception) -> Refusal | None:
    """None for what is no refusal but a crash."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, exceptions.ValidationError):
        return BadRequest(INVALID, fields=fields_of(error))
    if isinstance(error, Http404 | exceptions.NotFound):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return Forbidden()
    if isinstance(error, exceptions.APIException):
        kind = BY_STATUS.get(error.status_code)
        text = str(error.detail)
        return kind(text) if kind else OtherRefusal(error.status_code, text)
    return None


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """REST framework's EXCEPTION_HANDLER; a crash goes on to Django and is logged there."""
    refusal = refusal_of(error)
    if refusal is None:
        return None
    request: Request = context["request"]
    return answer(request._request, refusal)
