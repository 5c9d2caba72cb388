"""Reads and checks an upload of a cohort and makes or replaces it; bytes in, the cohort out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings

from braze_partners.sandbox import listed_members, members
from braze_partners.sandbox.cohort_api.limits import users_in_a_cohort
from braze_partners.sandbox.limits import IDENTIFIER_LENGTH
from braze_partners.sandbox.models import Cohort

BY_AMPLITUDE_ID = "BY_AMP_ID"
BY_USER_ID = "BY_USER_ID"

# Bounds of SQLite's whole numbers.
LARGEST_NUMBER = 2**63 - 1


class UploadRefused(Exception):
    """The upload is not taken; the text names the field."""


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    ids: list[str] | list[int]
    by_user_id: bool
    owner: str
    published: bool
    existing_cohort_id: str | None


def read(body: bytes) -> Upload:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as broken:
        raise UploadRefused("The body is not valid JSON") from broken
    if not isinstance(given, dict):
        raise UploadRefused("The body must be a JSON object")
    if str(given.get("app_id")) != str(settings.APP_ID):
        raise UploadRefused(f"app_id must be {settings.APP_ID}, the project of the key")
    id_type = given.get("id_type")
    if id_type not in (BY_AMPLITUDE_ID, BY_USER_ID):
        raise UploadRefused(f"id_type must be {BY_AMPLITUDE_ID} or {BY_USER_ID}")
    published = given.get("published", True)
    if not isinstance(published, bool):
        raise UploadRefused("published must be true or false")
    by_user_id = id_type == BY_USER_ID
    return Upload(
        name=_text(given, "name"),
        ids=_user_ids(given.get("ids")) if by_user_id else _numbers(given.get("ids")),
        by_user_id=by_user_id,
        owner=_text(given, "owner", required=False),
        published=published,
        existing_cohort_id=_text(given, "existing_cohort_id", required=False) or None,
    )


def apply(upload: Upload, now: datetime) -> Cohort | None:
    """The cohort, made or replaced; None when the one to replace is not there."""
    try:
        cohort = _cohort(upload, now)
        if cohort is not None:
            cohort.owner, cohort.published = upload.owner or cohort.owner, upload.published
            cohort.save(update_fields=["owner", "published"])
            listed_members.set_all(cohort, upload.ids, now, by_user_id=upload.by_user_id)
    except members.CohortRefused as refused:
        raise UploadRefused(str(refused)) from refused
    return cohort


def _cohort(upload: Upload, now: datetime) -> Cohort | None:
    if upload.existing_cohort_id is None:
        return members.create_list(upload.name, [], now)
    cohort = Cohort.objects.filter(pk=upload.existing_cohort_id).first()
    if cohort is not None and cohort.name != upload.name:
        members.rename(cohort, upload.name, now)
    return cohort


def _text(given: dict[str, Any], name: str, *, required: bool = True) -> str:
    value = given.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or len(value) > 200 or (required and not value.strip()):
        raise UploadRefused(f"{name} must be text of at most 200 characters")
    return value.strip()


def _user_ids(given: Any) -> list[str]:
    ids = _listed(given)
    if not all(isinstance(one, str) and 0 < len(one) <= IDENTIFIER_LENGTH for one in ids):
        raise UploadRefused(f"ids must be texts of 1 to {IDENTIFIER_LENGTH} characters")
    return ids


def _numbers(given: Any) -> list[int]:
    try:
        numbers = [int(one) for one in _listed(given) if not isinstance(one, bool)]
    except (TypeError, ValueError) as other:
        raise UploadRefused("ids must be Amplitude IDs, which are whole numbers") from other
    return [one for one in numbers if 0 < one <= LARGEST_NUMBER]


def _listed(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise UploadRefused("ids must be an array")
    if len(given) > users_in_a_cohort():
        raise UploadRefused(
            f"ids holds {len(given)} ids; a cohort has at most {users_in_a_cohort()}"
        )
    return given
