"""The shape that most records have, made an Amplitude event without reading the values that are
passed on as they came: a third of the time. What has any other shape is payload.py's. Pure.
"""

from __future__ import annotations

import threading

import msgspec

from braze_partners.events.catalogue import CUSTOM_EVENT, PURCHASE
from braze_partners.events.records import EventRecord

LIBRARY = "Braze"
LOCATION = "users.behaviors.Location"
ADVERTISING = {"ios_idfa": "idfa", "google_ad_id": "adid"}
# Types whose properties are rearranged.
REARRANGED = frozenset({CUSTOM_EVENT, PURCHASE, LOCATION})

_NONE = msgspec.Raw(b"")


class _Known(msgspec.Struct, gc=False):
    """Properties that Amplitude has a field for, and those that are not passed on as they came."""

    platform: str | None = None
    os_version: str | None = None
    device_model: str | None = None
    ad_id: str | None = None
    ad_id_type: str | None = None
    name: msgspec.Raw = _NONE
    custom_properties: msgspec.Raw = _NONE
    purchase_properties: msgspec.Raw = _NONE


class _Event(msgspec.Struct, omit_defaults=True, gc=False):
    """In the order in which it is written: the properties last, so that its head tells most."""

    event_type: str
    user_id: str | None = None
    device_id: str | None = None
    time: int | None = None
    insert_id: str | None = None
    library: str | None = None
    platform: str | None = None
    os_version: str | None = None
    device_model: str | None = None
    idfa: str | None = None
    adid: str | None = None
    event_properties: msgspec.Raw = _NONE


class _Room(threading.local):
    """A buffer that is large enough from the beginning: growing one costs more than writing."""

    def __init__(self) -> None:
        self.buffer = bytearray(4_096)


_known = msgspec.json.Decoder(_Known).decode
_encode_into = msgspec.json.Encoder().encode_into
_room = _Room()
# Larger ones have no place in JSON as Amplitude's readers know it.
_MAX_TIME = 2**63


def body(
    record: EventRecord, amplitude_name: str, user: str | None, device: str | None, raw: bytes
) -> bytes | None:
    """None for a record of any other shape, or with anything amiss."""
    if record.type in REARRANGED or b"null" in raw or not -_MAX_TIME < record.time_ms < _MAX_TIME:
        return None
    try:
        if not raw.isascii():
            raw.decode()
        known = _known(raw)
        if known.name or known.custom_properties or known.purchase_properties:
            return None
        field = ADVERTISING.get(known.ad_id_type or "") if known.ad_id else None
        event = _Event(
            amplitude_name,
            user,
            device,
            record.time_ms,
            record.id,
            LIBRARY,
            known.platform,
            known.os_version,
            known.device_model,
            known.ad_id if field == "idfa" else None,
            known.ad_id if field == "adid" else None,
            record.properties,
        )
        buffer = _room.buffer
        _encode_into(event, buffer)
        return bytes(buffer)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
