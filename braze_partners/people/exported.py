"""People in the shape of Braze's exports: one object each, of the fields that were asked for.

Knows how profiles are stored; knows not for which request or file. Fields that Braze has and that
are kept nowhere here may be asked for; like every field without a value they are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from braze_partners.people.models import Alias, AttributeValue, Device, Profile

# By their names at Braze, as they stand on a profile.
_PLAIN = {
    "braze_id": "braze_id",
    "country": "country",
    "email": "email",
    "email_subscribe": "email_subscribe",
    "external_id": "external_id",
    "first_name": "first_name",
    "gender": "gender",
    "home_city": "home_city",
    "language": "language",
    "last_name": "last_name",
    "phone": "phone",
    "push_subscribe": "push_subscribe",
    "time_zone": "time_zone",
}
_MOMENTS = {
    "created_at": "created_at",
    "date_of_first_session": "first_session_at",
    "date_of_last_session": "last_session_at",
    "last_active_at": "last_active_at",
}
_RELATED = ("user_aliases", "devices", "custom_attributes")
KNOWN = (*_PLAIN, *_MOMENTS, "dob", *_RELATED)
# Braze's, which nothing here fills (Braze REST API, "Users export object").
NEVER_THERE = (
    *("apps", "attributed_adgroup", "attributed_ad", "attributed_campaign", "attributed_source"),
    *("campaigns_received", "canvases_received", "cards_clicked", "custom_events"),
    *("last_coordinates", "purchases", "push_tokens", "random_bucket", "total_revenue"),
    "uninstalled_at",
)
FIELDS = frozenset((*KNOWN, *NEVER_THERE))

User = dict[str, Any]


def users(workspace_id: int, numbers: Sequence[int], fields: Collection[str]) -> Iterator[User]:
    """The people of these numbers, in the order of their numbers; four statements at most."""
    profiles = Profile.objects.filter(workspace_id=workspace_id, number__in=numbers)
    ordered = list(profiles.order_by("number"))
    keys = [profile.pk for profile in ordered]
    related = {name: _READ[name](keys) for name in _RELATED if name in fields}
    for profile in ordered:
        yield _user(profile, fields) | {
            name: by_profile[profile.pk]
            for name, by_profile in related.items()
            if profile.pk in by_profile
        }


def _user(profile: Profile, fields: Collection[str]) -> User:
    told: User = {name: getattr(profile, column) for name, column in _PLAIN.items()}
    for name, column in _MOMENTS.items():
        told[name] = _moment(getattr(profile, column))
    told["dob"] = profile.date_of_birth.isoformat() if profile.date_of_birth else ""
    return {name: value for name, value in told.items() if value and name in fields}


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _aliases(keys: Sequence[int]) -> dict[int, list[User]]:
    found: dict[int, list[User]] = defaultdict(list)
    for alias in Alias.objects.filter(profile_id__in=keys).order_by("pk"):
        found[alias.profile_id].append({"alias_name": alias.name, "alias_label": alias.label})
    return found


def _devices(keys: Sequence[int]) -> dict[int, list[User]]:
    found: dict[int, list[User]] = defaultdict(list)
    for device in Device.objects.filter(profile_id__in=keys).order_by("pk"):
        told = {"device_id": device.device_id, "push_enabled": device.push_enabled}
        found[device.profile_id].append(told)
    return found


def _attributes(keys: Sequence[int]) -> dict[int, User]:
    values: QuerySet[AttributeValue] = AttributeValue.objects.filter(profile_id__in=keys)
    found: dict[int, User] = defaultdict(dict)
    for value in values.select_related("attribute").order_by("attribute__name"):
        told = _moment(value.value) if isinstance(value.value, datetime) else value.value
        found[value.profile_id][value.attribute.name] = told
    return found


_READ: dict[str, Any] = {
    "user_aliases": _aliases,
    "devices": _devices,
    "custom_attributes": _attributes,
}
