"""Amplitude's Identify API: form-encoded user properties without an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from braze_partners.sandbox import project_keys
from braze_partners.sandbox.one_writer import writing
from braze_partners.sandbox.upload import profiles, wire
from braze_partners.sandbox.upload.identifiers import InvalidId, counted_id

# Identifications in one request (own choice).
MOST_IDENTIFICATIONS = 1_000


@dataclass(frozen=True, slots=True)
class Identification:
    user_id: str | None
    device_id: str | None
    user_properties: dict[str, Any] | None


def identify(form: Mapping[str, str], now: datetime) -> None:
    """Changes the users it names; `options` is not looked at, Segment sends no JSON in it."""
    key, given = form.get("api_key", ""), form.get("identification", "")
    for name, value in (("api_key", key), ("identification", given)):
        if not value:
            raise wire.Refused(wire.missing(name))
    if not project_keys.accepts(key):
        raise wire.Refused(wire.invalid_key(key))
    try:
        rows = orjson.loads(given)
    except orjson.JSONDecodeError as broken:
        raise wire.Refused(wire.bad_request(wire.INVALID_EVENT)) from broken
    rows = rows if isinstance(rows, list) else [rows]
    if len(rows) > MOST_IDENTIFICATIONS:
        raise wire.Refused(wire.too_large())
    found = [_identification(row) for row in rows]
    with writing, transaction.atomic(), connection.cursor() as cursor:
        profiles.follow(cursor, found, now)


def _identification(row: Any) -> Identification:
    if not isinstance(row, dict):
        raise wire.Refused(wire.bad_request(wire.INVALID_EVENT))
    try:
        user_id, device_id = counted_id(row.get("user_id"), 1), counted_id(row.get("device_id"), 1)
    except InvalidId as refused:
        raise wire.Refused(wire.bad_request(wire.INVALID_VALUES)) from refused
    if not (user_id or device_id):
        raise wire.Refused(wire.missing("user_id"))
    properties = row.get("user_properties")
    return Identification(user_id, device_id, properties if isinstance(properties, dict) else None)
