"""Faults that answer in Amplitude's own words: keys, sizes, single events, named ids. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b

from braze_partners.sandbox.faults.active import Active
from braze_partners.sandbox.upload import wire
from braze_partners.sandbox.upload.checking import Checked
from braze_partners.sandbox.upload.wire import Answer, Refused

# What a named id is said to send: above the rate, and above the daily quota.
ABOVE_RATE = 2
ABOVE_QUOTA = 500_001


def refuse_size(active: Active, size: int) -> None:
    fault = active.asked("too_large")
    if fault and size > fault.options["bytes"] and active.drawn("too_large") is not None:
        raise Refused(wire.too_large())


def refuse_key(active: Active, key: str) -> None:
    if active.drawn("unauthorized") is not None:
        raise Refused(Answer(401, {"error": "Unauthorized"}))
    if active.drawn("forbidden") is not None:
        raise Refused(Answer(403, {"error": wire.FORBIDDEN}))
    if active.drawn("expired_key") is not None:
        raise Refused(wire.invalid_key(key))


def refuse_events(active: Active, events: Sequence[Checked], threshold: int) -> None:
    _refuse_invalid(active, events)
    _refuse_silenced(active, events, threshold)
    if active.drawn("too_many_requests") is not None:
        raise Refused(wire.too_many(wire.Excess(), threshold))
    _refuse_named(active, events, threshold)


def _refuse_invalid(active: Active, events: Sequence[Checked]) -> None:
    fault = active.asked("invalid_events")
    if fault is None:
        return
    for index, event in enumerate(events):
        if _lot(event) < fault.share:
            active.strike("invalid_events")
            named = {str(fault.options["field"]): [index]}
            raise Refused(wire.invalid_events(missing={}, invalid=named, lengths={}))


def _lot(event: Checked) -> float:
    """A number from 0 to 1 that is the event's own, so that a repeat of it draws the same."""
    drawn = blake2b((event.insert_id or event.body).encode(), digest_size=4).digest()
    return int.from_bytes(drawn) / 2**32


def _refuse_silenced(active: Active, events: Sequence[Checked], threshold: int) -> None:
    fault = active.asked("silenced")
    if fault is None:
        return
    named = _named(events, fault.options["devices"], "device_id")
    if named and active.drawn("silenced") is not None:
        indexes = [i for i, event in enumerate(events) if event.device_id in named]
        raise Refused(wire.silenced(named, indexes, threshold))


def _refuse_named(active: Active, events: Sequence[Checked], threshold: int) -> None:
    found: dict[str, tuple[list[str], list[str]]] = {}
    for kind in ("throttled", "over_quota"):
        fault = active.asked(kind)
        devices = _named(events, fault.options["devices"], "device_id") if fault else []
        users = _named(events, fault.options["users"], "user_id") if fault else []
        drawn = bool(devices or users) and active.drawn(kind) is not None
        found[kind] = (devices, users) if drawn else ([], [])
    devices, users = found["throttled"]
    quota_devices, quota_users = found["over_quota"]
    if not any((devices, users, quota_devices, quota_users)):
        return
    rate = threshold * ABOVE_RATE
    held = {("device_id", one) for one in (*devices, *quota_devices)}
    held |= {("user_id", one) for one in (*users, *quota_users)}
    excess = wire.Excess(
        devices=dict.fromkeys(devices, rate),
        users=dict.fromkeys(users, rate),
        quota_devices=dict.fromkeys(quota_devices, ABOVE_QUOTA),
        quota_users=dict.fromkeys(quota_users, ABOVE_QUOTA),
        events=[
            index
            for index, event in enumerate(events)
            if held & {("device_id", event.device_id), ("user_id", event.user_id)}
        ],
    )
    raise Refused(wire.too_many(excess, threshold))


def _named(events: Sequence[Checked], ids: Collection[str], name: str) -> list[str]:
    held = {getattr(event, name) for event in events}
    return [one for one in ids if one in held]
