"""Judges the events of one request and brings each into the form in which it is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from braze_partners.sandbox.limits import STRING_LENGTH
from braze_partners.sandbox.upload import fields, wire
from braze_partners.sandbox.upload.identifiers import IdTooShort, InvalidId, counted_id


@dataclass(slots=True)
class Checked:
    """One event that may be ingested; `received_body` only where it is not kept as it came."""

    event_type: str
    user_id: str | None
    device_id: str | None
    insert_id: str | None
    time_ms: int | None
    user_properties: dict[str, Any] | None
    body: str
    received_body: str | None

    @property
    def identity(self) -> str:
        """What repeats are recognised by: Amplitude derives a device id where there is none."""
        return self.device_id or self.user_id or ""


class Findings:
    """The first bad event of each field; all of them are looked at before one answer is given."""

    def __init__(self) -> None:
        self.missing: dict[str, list[int]] = {}
        self.invalid: dict[str, list[int]] = {}
        self.lengths: dict[str, list[int]] = {}

    def answer(self) -> wire.Answer | None:
        if not (self.missing or self.invalid or self.lengths):
            return None
        return wire.invalid_events(missing=self.missing, invalid=self.invalid, lengths=self.lengths)


def check(events: list[dict[str, Any]], min_id_length: int) -> list[Checked]:
    """Every event in the form it is kept in; raises Refused that names those that are wrong."""
    findings, checked = Findings(), []
    for index, event in enumerate(events):
        one = _checked(event, index, min_id_length, findings)
        if one:
            checked.append(one)
    answer = findings.answer()
    if answer:
        raise wire.Refused(answer)
    return checked


def _checked(
    event: dict[str, Any], index: int, min_id_length: int, findings: Findings
) -> Checked | None:
    name = event.get(fields.REQUIRED)
    if name is None or name == "":
        findings.missing.setdefault(fields.REQUIRED, [index])
        return None
    wrong = fields.wrong_fields(event)
    if not isinstance(name, str):
        wrong.append(fields.REQUIRED)
    for field in wrong:
        findings.invalid.setdefault(field, [index])
    ids = _ids(event, index, min_id_length, findings)
    if wrong or not any(ids.values()):
        return None
    written = _written(event, index, findings)
    return None if written is None else _kept(event, ids, written)


def _ids(
    event: dict[str, Any], index: int, min_id_length: int, findings: Findings
) -> dict[str, str | None]:
    """Both ids as they count. One that does not is forgiven as long as the other one does."""
    ids: dict[str, str | None] = {}
    bad: dict[str, dict[str, list[int]]] = {}
    for name in fields.IDS:
        try:
            ids[name] = counted_id(event.get(name), min_id_length)
        except IdTooShort:
            ids[name], bad[name] = None, findings.lengths
        except InvalidId:
            ids[name], bad[name] = None, findings.invalid
    if not any(ids.values()):
        for name, found in bad.items():
            found.setdefault(name, [index])
        if not bad:
            for name in fields.IDS:
                findings.missing.setdefault(name, [index])
    return ids


def _written(event: dict[str, Any], index: int, findings: Findings) -> bytes | None:
    """The event as text, unless something in it lies too deep."""
    try:
        written = orjson.dumps(event)
    except orjson.JSONEncodeError:
        written = b""  # deeper than any text is written
    if not written or written.count(b"{") + written.count(b"[") > fields.DEEPEST:
        deep = [name for name, value in event.items() if fields.is_too_deep(value)]
        for name in deep:
            findings.invalid.setdefault(name, [index])
        if deep:
            return None
    return written


def _kept(event: dict[str, Any], ids: dict[str, str | None], written: bytes) -> Checked:
    kept = event
    if len(written) > STRING_LENGTH:  # no string in it can be longer than all of it
        kept = fields.cut(event, STRING_LENGTH)
    if any(kept.get(name) != ids[name] for name in fields.IDS):
        kept = {name: value for name, value in kept.items() if name not in fields.IDS}
        kept |= {name: value for name, value in ids.items() if value is not None}
    insert_id = kept.get("insert_id")
    body = written if kept is event or kept == event else orjson.dumps(kept)
    return Checked(
        event_type=kept["event_type"],
        user_id=ids["user_id"],
        device_id=ids["device_id"],
        insert_id=None if insert_id in (None, "") else str(insert_id),
        time_ms=kept.get("time"),
        user_properties=kept.get("user_properties") or None,
        body=body.decode(),
        received_body=None if body is written else written.decode(),
    )
