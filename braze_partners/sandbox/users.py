"""The project's users: adding them and changing their properties; it knows no cohorts."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.utils.translation import gettext as _

from braze_partners.sandbox.limits import IDENTIFIER_LENGTH, IDS_PER_CHANGE, ROWS_PER_STATEMENT
from braze_partners.sandbox.models import AmplitudeUser, UserDevice
from braze_partners.sandbox.one_writer import writing

Row = TypeVar("Row")

_ADD_MISSING = """
    INSERT INTO sandbox_amplitudeuser (user_id, properties, created_at, changed_at)
    SELECT value, '{}', %s, %s FROM json_each(%s) WHERE true
    ON CONFLICT (user_id) DO NOTHING
"""


class UsersRefused(Exception):
    """The users cannot be added or named; the text says what to enter instead."""


@dataclass(frozen=True, slots=True)
class NewUser:
    user_id: str | None
    device_id: str | None
    properties: dict[str, Any] = field(default_factory=dict)


def in_parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        yield rows[start : start + ROWS_PER_STATEMENT]


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while part := list(islice(iterator, size)):
        yield part


def read_ids(text: str) -> list[str]:
    """A pasted list: one id a line, or several parted by commas or semicolons."""
    return checked_ids(re.split(r"[\r\n,;\t]+", text))


def checked_ids(ids: Iterable[Any]) -> list[str]:
    """The ids without repeats, in order; raises UsersRefused for one that no user can have."""
    named: dict[str, None] = {}
    for identifier in ids:
        if not isinstance(identifier, str):
            raise UsersRefused(_("Every id must be a string."))
        stripped = identifier.strip()
        if len(stripped) > IDENTIFIER_LENGTH:
            raise UsersRefused(
                _("The id %(id)s… is longer than %(limit)d characters.")
                % {"id": stripped[:20], "limit": IDENTIFIER_LENGTH}
            )
        if stripped:
            named[stripped] = None
    if len(named) > IDS_PER_CHANGE:
        raise UsersRefused(_("At most %(limit)d ids at a time.") % {"limit": IDS_PER_CHANGE})
    return list(named)


def add_users(rows: Iterable[NewUser], now: datetime) -> tuple[int, int]:
    """Creates the unknown and merges properties into the known; (created, changed)."""
    by_user, by_device = _latest(rows)
    with transaction.atomic():
        known = _known(AmplitudeUser.objects.filter(user_id__isnull=False), "user_id", by_user)
        anonymous = AmplitudeUser.objects.filter(user_id__isnull=True)
        known_devices = _known(anonymous, "device_id", by_device)
        new = [_built(row, now) for key, row in by_user.items() if key not in known]
        new += [_built(row, now) for key, row in by_device.items() if key not in known_devices]
        changed = [_merged(user, by_user[key], now) for key, user in known.items()]
        changed += [_merged(user, by_device[key], now) for key, user in known_devices.items()]
        AmplitudeUser.objects.bulk_create(new)
        AmplitudeUser.objects.bulk_update(
            changed, ["device_id", "properties", "changed_at"], batch_size=200
        )
        give_devices([*new, *changed])
    return len(new), len(changed)


def give_devices(users: Iterable[AmplitudeUser]) -> None:
    """Each one's device belongs to them from now on."""
    belongs = [
        UserDevice(device_id=user.device_id, user_id=user.pk) for user in users if user.device_id
    ]
    UserDevice.objects.bulk_create(
        belongs,
        update_conflicts=True,
        unique_fields=["device_id"],
        update_fields=["user"],
        batch_size=ROWS_PER_STATEMENT,
    )


def ensure_users(user_ids: Sequence[str], now: datetime) -> list[int]:
    """The numbers of these users; those whom the project does not know are added."""
    missing = set(user_ids) - {user_id for user_id, _number in _numbers(user_ids)}
    AmplitudeUser.objects.bulk_create(
        [
            AmplitudeUser(user_id=user_id, created_at=now, changed_at=now)
            for user_id in user_ids
            if user_id in missing
        ],
        ignore_conflicts=True,
    )
    return [number for _user_id, number in _numbers(user_ids)]


def add_missing(user_ids: Iterable[str], now: datetime) -> None:
    """Adds those whom the project does not know; for millions, without a row in memory each."""
    at = connection.ops.adapt_datetimefield_value(now)
    for part in batched(user_ids, ROWS_PER_STATEMENT):
        with writing, connection.cursor() as cursor:
            cursor.execute(_ADD_MISSING, [at, at, json.dumps(part)])


def numbers_of(user_ids: Sequence[str]) -> list[int]:
    return [number for _user_id, number in _numbers(user_ids)]


def still_there(numbers: Collection[int]) -> set[int]:
    found: set[int] = set()
    for part in in_parts(list(numbers)):
        found |= set(
            AmplitudeUser.objects.filter(pk__in=part).values_list("amplitude_id", flat=True)
        )
    return found


def _numbers(user_ids: Sequence[str]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for part in in_parts(user_ids):
        rows = AmplitudeUser.objects.filter(user_id__in=part).values_list("user_id", "amplitude_id")
        found += [(str(user_id), number) for user_id, number in rows]
    return found


def _latest(rows: Iterable[NewUser]) -> tuple[dict[str, NewUser], dict[str, NewUser]]:
    by_user: dict[str, NewUser] = {}
    by_device: dict[str, NewUser] = {}
    for row in rows:
        if row.user_id:
            by_user[row.user_id] = row
        elif row.device_id:
            by_device[row.device_id] = row
        else:
            raise UsersRefused(_("Every user needs a user ID or a device ID."))
    return by_user, by_device


def _known(users: Any, name: str, wanted: dict[str, NewUser]) -> dict[str, AmplitudeUser]:
    found: dict[str, AmplitudeUser] = {}
    for part in in_parts(list(wanted)):
        found |= {getattr(user, name): user for user in users.filter(**{f"{name}__in": part})}
    return found


def _built(row: NewUser, now: datetime) -> AmplitudeUser:
    return AmplitudeUser(
        user_id=row.user_id or None,
        device_id=row.device_id or None,
        properties=row.properties,
        created_at=now,
        changed_at=now,
    )


def _merged(user: AmplitudeUser, row: NewUser, now: datetime) -> AmplitudeUser:
    user.properties = {**user.properties, **row.properties}
    user.device_id = row.device_id or user.device_id
    user.changed_at = now
    return user
