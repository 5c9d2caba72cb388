"""The body of /users/export/ids: whom it names, which fields it wants. Knows shapes and refusals;
knows no database. Raises BadRequest, in Braze's words where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from braze_partners.errors import BadRequest
from braze_partners.people import exported
from braze_partners.people.errors import ValueRefused
from braze_partners.people.limits import MAX_EXPORTED
from braze_partners.people.wire import alias

FIELDS = "fields_to_export"


@dataclass(slots=True)
class Named:
    """Whom a request names, by kind; each list in the order of the request."""

    external_ids: list[str] = field(default_factory=list)
    aliases: list[tuple[str, str]] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    braze_ids: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        known = len(self.external_ids) + len(self.aliases) + len(self.devices)
        return known + len(self.braze_ids) + len(self.emails) + len(self.phones)


def named(body: Mapping[str, object]) -> Named:
    """At most 50 people, by any of the kinds together."""
    found = Named(
        external_ids=_texts(body, "external_ids"),
        aliases=[_alias(one) for one in _list(body, "user_aliases")],
        devices=_one(body, "device_id"),
        braze_ids=[text.lower() for text in _one(body, "braze_id")],
        emails=_one(body, "email_address"),
        phones=_one(body, "phone"),
    )
    if not found.count:
        raise BadRequest(
            "Name people by `external_ids`, `user_aliases`, `device_id`, `braze_id`, "
            "`email_address` or `phone`"
        )
    if found.count > MAX_EXPORTED:
        raise BadRequest(f"At most {MAX_EXPORTED} people are exported at once")
    return found


def fields(body: Mapping[str, object], *, required: bool) -> frozenset[str]:
    """Where the request names none, all there are."""
    if FIELDS not in body and not required:
        return exported.FIELDS
    wanted = _texts(body, FIELDS)
    if not wanted:
        raise BadRequest(f"`{FIELDS}` must be an array with at least one field")
    unknown = sorted({name[:80] for name in wanted} - exported.FIELDS)
    if unknown:
        raise BadRequest(f"`{FIELDS}` names what is no field: {', '.join(unknown[:10])}")
    return frozenset(wanted)


def _list(body: Mapping[str, object], name: str) -> list[object]:
    value = body.get(name, [])
    if not isinstance(value, list):
        raise BadRequest(f"`{name}` must be an array")
    return value


def _texts(body: Mapping[str, object], name: str) -> list[str]:
    texts = _list(body, name)
    if not all(isinstance(text, str) and text for text in texts):
        raise BadRequest(f"`{name}` must hold texts that are not empty")
    return [text for text in texts if isinstance(text, str)]


def _one(body: Mapping[str, object], name: str) -> list[str]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, str) or not value:
        raise BadRequest(f"`{name}` must be a text that is not empty")
    return [value]


def _alias(value: object) -> tuple[str, str]:
    try:
        return alias(value)
    except ValueRefused as refused:
        raise BadRequest(str(refused)) from None
