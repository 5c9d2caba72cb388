"""From e-mail addresses and phone numbers to people. Several may share one, so an answer is a list:
the most recently updated first, as Braze chooses. Knows nothing of who asks."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F, Q, QuerySet, Value, Window
from django.db.models.functions import Coalesce, Lower, RowNumber

from braze_partners.people.byte_order import InBytes
from braze_partners.people.limits import MAX_SHARING
from braze_partners.people.models import Profile

NEWEST_FIRST = (Coalesce("updated_at", "created_at").desc(), F("number").desc())


def folded(email: str) -> str:
    """The form in which two spellings of an address are one."""
    return email.lower()


def by_email(workspace_id: int, emails: Collection[str]) -> dict[str, list[int]]:
    """The numbers by folded address, whatever the case; the unknown are absent. One statement."""
    wanted = [Lower(Value(email)) for email in sorted(emails)]
    profiles = Profile.objects.annotate(shared=InBytes(Lower("email"))).filter(
        ~Q(email=""), workspace_id=workspace_id, shared__in=wanted
    )
    return _lists(_first_of(profiles, "shared"), "email")


def by_phone(workspace_id: int, phones: Collection[str]) -> dict[str, list[int]]:
    """The numbers by phone number, exactly as it is written. One statement."""
    profiles = Profile.objects.annotate(shared=InBytes("phone")).filter(
        ~Q(phone=""), workspace_id=workspace_id, shared__in=sorted(phones)
    )
    return _lists(_first_of(profiles, "shared"), "phone")


def _first_of(profiles: QuerySet[Profile], shared: str) -> QuerySet[Profile]:
    place = Window(RowNumber(), partition_by=F(shared), order_by=NEWEST_FIRST)
    return profiles.annotate(place=place).filter(place__lte=MAX_SHARING).order_by("place")


def _lists(profiles: QuerySet[Profile], column: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for shared, number in profiles.values_list(column, "number"):
        found.setdefault(folded(shared), []).append(number)
    return found
