"""Reads the bodies of the partner cohort import as wire/braze-cohort-import.md gives them. Knows
bytes, fields and the texts of errors; knows nothing of HTTP or the database.

A good body is decoded in one typed pass. Only when that fails is it read once more as plain JSON,
to say what is wrong. Credentials come out either way, since they are looked at first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from braze_partners.errors import BadRequest
from braze_partners.rest.bodies import parse_json
from cohorts import iso_times
from cohorts.importing import IdentifierChange
from cohorts.limits import (
    MAX_COHORT_ID_CHARACTERS,
    MAX_IDENTIFIERS_PER_REQUEST,
    MAX_NAME_CHARACTERS,
)

COHORT_ID = "`cohort_id` must be a valid string"
COHORT_ID_LENGTH = f"{COHORT_ID} of at most {MAX_COHORT_ID_CHARACTERS} characters"
CHANGES = (
    "`cohort_changes` must be an array of objects, each with key `user_ids` and/or `device_ids` "
    "mapping to an array of strings, or an `aliases` object"
)
TOO_MANY = (
    f"Only {MAX_IDENTIFIERS_PER_REQUEST:,} `user_ids`, `device_ids`, and `aliases` are allowed "
    "per request"
)
SHOULD_REMOVE = "`should_remove` must be a boolean"
NAME = "`name` must be a non-empty string"
NAME_LENGTH = f"`name` must be at most {MAX_NAME_CHARACTERS} characters long"
NAME_NUL = "`name` must not contain NUL characters"
CREATED_AT = "`created_at` must be a valid time as an ISO-8601 string"
NO_OBJECT = "The request body must be a JSON object"


class Alias(msgspec.Struct, gc=False):
    alias_name: str
    alias_label: str


class Change(msgspec.Struct, gc=False):
    user_ids: list[str] | msgspec.UnsetType = msgspec.UNSET
    device_ids: list[str] | msgspec.UnsetType = msgspec.UNSET
    aliases: list[Alias] | Alias | msgspec.UnsetType = msgspec.UNSET
    should_remove: bool = False


class UsersBody(msgspec.Struct, gc=False):
    partner_api_key: str
    client_secret: str
    cohort_id: str
    cohort_changes: list[Change]


_users = msgspec.json.Decoder(UsersBody)

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Users:
    """What /cohorts/users asks for."""

    cohort_id: str
    changes: list[IdentifierChange]


@dataclass(frozen=True, slots=True)
class Name:
    """What /cohorts asks for."""

    cohort_id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Call(Generic[Content]):
    """The credentials, and the content or why it is refused. `cohort_id` and `received` are what
    the record of a refusal says."""

    partner_api_key: object
    client_secret: object
    content: Content | BadRequest
    cohort_id: object = None
    received: int = 0


def read_users(body: bytes) -> Call[Users]:
    """Raises BadRequest where the body is no JSON object."""
    try:
        read = _users.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _read_users_loosely(_object(body))
    changes, cohort_id = read.cohort_changes, read.cohort_id
    return _call(read.partner_api_key, read.client_secret, cohort_id, changes)


def read_name(body: bytes) -> Call[Name]:
    """Raises BadRequest where the body is no JSON object."""
    fields = _object(body)
    content: Name | BadRequest
    try:
        content = Name(
            checked_cohort_id(fields.get("cohort_id")),
            checked_name(fields.get("name")),
            checked_time(fields.get("created_at")),
        )
    except BadRequest as refused:
        content = refused
    secrets = fields.get("partner_api_key"), fields.get("client_secret")
    return Call(*secrets, content, fields.get("cohort_id"))


def checked_cohort_id(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        raise BadRequest(COHORT_ID)
    if len(value) > MAX_COHORT_ID_CHARACTERS:
        raise BadRequest(COHORT_ID_LENGTH)
    return value


def checked_name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(NAME)
    if len(value) > MAX_NAME_CHARACTERS:
        raise BadRequest(NAME_LENGTH)
    if "\x00" in value:
        raise BadRequest(NAME_NUL)
    return value


def checked_time(value: object) -> datetime:
    if not isinstance(value, str):
        raise BadRequest(CREATED_AT)
    try:
        return iso_times.read(value)
    except ValueError as error:
        raise BadRequest(CREATED_AT) from error


def _object(body: bytes) -> dict[str, Any]:
    parsed = parse_json(body)
    if not isinstance(parsed, dict):
        raise BadRequest(NO_OBJECT)
    return parsed


def _read_users_loosely(fields: dict[str, Any]) -> Call[Users]:
    secrets = fields.get("partner_api_key"), fields.get("client_secret")
    cohort_id = fields.get("cohort_id")
    try:
        checked_cohort_id(cohort_id)
        changes = _checked_changes(fields.get("cohort_changes"))
    except BadRequest as refused:
        return Call(*secrets, refused, cohort_id)
    return _call(*secrets, cohort_id, changes)


def _call(
    partner_api_key: object, client_secret: object, cohort_id: object, changes: list[Change]
) -> Call[Users]:
    read = [_change(change) for change in changes]
    received = sum(change.count for change in read)
    content: Users | BadRequest
    try:
        content = Users(checked_cohort_id(cohort_id), read)
        _check_objects(changes)
        if received > MAX_IDENTIFIERS_PER_REQUEST:
            raise BadRequest(TOO_MANY)
    except BadRequest as refused:
        content = refused
    return Call(partner_api_key, client_secret, content, cohort_id, received)


def _checked_changes(value: object) -> list[Change]:
    """Objects, or as old documentation printed them, the JSON text of objects."""
    if isinstance(value, str):
        try:
            value = parse_json(value.encode())
        except BadRequest as error:
            raise BadRequest(CHANGES) from error
    if isinstance(value, list):
        _check_should_remove(value)
    try:
        return msgspec.convert(value, list[Change])
    except msgspec.ValidationError as error:
        raise BadRequest(CHANGES) from error


def _check_should_remove(objects: Iterable[object]) -> None:
    for one in objects:
        if isinstance(one, dict) and type(one.get("should_remove", False)) is not bool:
            raise BadRequest(SHOULD_REMOVE)


def _check_objects(changes: list[Change]) -> None:
    for change in changes:
        kinds = (change.user_ids, change.device_ids, change.aliases)
        if all(kind is msgspec.UNSET for kind in kinds):
            raise BadRequest(CHANGES)


def _change(change: Change) -> IdentifierChange:
    aliases = change.aliases
    if isinstance(aliases, Alias):
        aliases = [aliases]
    return IdentifierChange(
        change.user_ids or [],
        [(alias.alias_label, alias.alias_name) for alias in aliases or []],
        change.device_ids or [],
        change.should_remove,
    )
