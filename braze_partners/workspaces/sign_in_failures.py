"""Failed sign-ins as django-axes counts them: how many from one address, until when locked.

Decides nothing about passwords.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.db.models import Max, QuerySet, Sum

from braze_partners.workspaces.limits import MAX_FAILURES_PER_ADDRESS


def locked_until(email: str, address: str | None, now: datetime) -> datetime:
    """When this address may try this e-mail again."""
    return _end(_recent(now).filter(username=email, ip_address=address), now)


def address_locked_until(address: str | None, now: datetime) -> datetime | None:
    """None, or when an address that failed too often over all accounts may try again."""
    failures = _recent(now).filter(ip_address=address)
    count = failures.aggregate(count=Sum("failures_since_start", default=0))["count"]
    return _end(failures, now) if count >= MAX_FAILURES_PER_ADDRESS else None


def forget_old(now: datetime) -> int:
    return AccessAttempt.objects.filter(attempt_time__lte=now - _cool_off()).delete()[0]


def _recent(now: datetime) -> QuerySet[AccessAttempt]:
    return AccessAttempt.objects.filter(attempt_time__gt=now - _cool_off())


def _end(failures: QuerySet[AccessAttempt], now: datetime) -> datetime:
    last = failures.aggregate(last=Max("attempt_time"))["last"] or now
    return last + _cool_off()


def _cool_off() -> timedelta:
    return get_cool_off() or timedelta(0)
