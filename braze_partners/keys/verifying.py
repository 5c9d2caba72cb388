"""Finds the key that a call brings, by its hash, in one query with its workspace.

Knows stored keys; knows no request: the address and the time are given. A key that is unknown,
invalidated or past its grace cannot be told apart from outside.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from braze_partners.keys import addresses, attempts, secrets, usage
from braze_partners.keys.errors import (
    AddressNotAllowed,
    InvalidPartnerKey,
    UnknownKey,
    UnknownRestKey,
    WrongPartner,
)
from braze_partners.keys.models import KeyUse


@dataclass(frozen=True, slots=True)
class VerifiedKey:
    """A valid data import key, with what an import must know of its workspace."""

    key_id: int
    partner: str
    workspace_id: int
    workspace_slug: str
    create_unknown_users: bool


@dataclass(frozen=True, slots=True)
class VerifiedRestKey:
    key_id: int
    workspace_id: int
    workspace_slug: str
    permissions: frozenset[str]
    masked: str


# Written out: building it by the ORM took longer than the database's answer, on every push.
_FIND_IMPORT_KEY = """
SELECT k.id, k.partner, k.workspace_id, w.slug, w.create_unknown_users
  FROM keys_dataimportkey k JOIN workspaces_workspace w ON w.id = k.workspace_id
 WHERE k.digest = %s AND k.invalidated_at IS NULL
   AND (k.ends_at IS NULL OR k.ends_at > %s)
"""


_FIND_REST_KEY = """
SELECT k.id, k.workspace_id, w.slug, k.permissions, k.allowed_addresses
  FROM keys_restapikey k JOIN workspaces_workspace w ON w.id = k.workspace_id
 WHERE k.digest = %s AND k.invalidated_at IS NULL
   AND (k.ends_at IS NULL OR k.ends_at > %s)
"""


def _stored(moment: datetime) -> Any:
    """As the database compares it in a statement of ours."""
    return connection.ops.adapt_datetimefield_value(moment)


def partner_api_key(value: object, partner: str) -> None:
    """Raises InvalidPartnerKey unless configured so; with nothing configured any text will do
    (own choice, wire/braze-cohort-import.md)."""
    accepted = settings.PARTNER_API_KEYS.get(partner, [])
    if not isinstance(value, str) or not value.strip() or (accepted and value not in accepted):
        raise InvalidPartnerKey


def data_import_key(secret: object, partner: str, now: datetime) -> VerifiedKey:
    """Raises UnknownKey, or WrongPartner for a valid key of another partner."""
    if not isinstance(secret, str):
        raise UnknownKey
    with connection.cursor() as cursor:
        cursor.execute(_FIND_IMPORT_KEY, [secrets.digest(secret), _stored(now)])
        row = cursor.fetchone()
    if row is None:
        raise UnknownKey
    if row[1] != partner:
        raise WrongPartner(secrets.masked(secret))
    key_id, _, workspace_id, slug, create_unknown_users = row
    return VerifiedKey(key_id, partner, workspace_id, slug, bool(create_unknown_users))


def admit_import_call(
    secret: object, partner: str, address: str | None, now: datetime
) -> VerifiedKey:
    """What the cohort endpoints call: verifies, then notes the use. A failure is counted against
    the address, and raises TooManyFailures once there are too many; a valid key never waits."""
    try:
        key = data_import_key(secret, partner, now)
    except UnknownKey:
        attempts.count_failure(address, now)
        raise
    usage.note_use(KeyUse.Kind.DATA_IMPORT, key.key_id, address, now)
    return key


def rest_key(secret: str, address: str | None, now: datetime) -> VerifiedRestKey:
    """Raises UnknownRestKey, or AddressNotAllowed for a key bound to other addresses."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND_REST_KEY, [secrets.digest(secret), _stored(now)])
        row = cursor.fetchone()
    if row is None:
        raise UnknownRestKey
    key_id, workspace_id, slug, permissions, bound_to = row
    if not addresses.allows(json.loads(bound_to), address):
        raise AddressNotAllowed
    allowed = frozenset(json.loads(permissions))
    return VerifiedRestKey(key_id, workspace_id, slug, allowed, secrets.masked(secret))


def admit_rest_call(secret: str, address: str | None, now: datetime) -> VerifiedRestKey:
    """As `admit_import_call`, for a Bearer key."""
    try:
        key = rest_key(secret, address, now)
    except UnknownRestKey:
        attempts.count_failure(address, now)
        raise
    usage.note_use(KeyUse.Kind.REST, key.key_id, address, now)
    return key
