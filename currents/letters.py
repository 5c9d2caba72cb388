"""The letters about refused credentials: at the first failure, as the window passes, on recovery.

Knows the failure, what waits and the contact; when a letter is owed, and that it goes once, is
failures.py's and mailing.py's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Min, Sum
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language

from braze_partners import formatting
from braze_partners.running import dashboard_address
from braze_partners.workspaces.mail import send_letter
from currents.clock import clock
from currents.limits import MAIL_SHARES
from currents.models import WAITS, CredentialFailure, Current, FailureMail, LedgerEntry, Refusal
from currents.plan import credentials_window
from currents.wording import refusal_words

Stage = FailureMail.Stage


def send(mail: FailureMail, now: datetime) -> None:
    """In the workspace's language and zone. Raises what the mail server's client raises."""
    workspace = mail.failure.current.workspace
    with timezone.override(workspace.time_zone), translation.override(workspace.language):
        context = _context(mail, now)
    with timezone.override(workspace.time_zone):
        send_letter(f"currents/mail/{_letter(mail)}", mail.to, workspace.language, context)


def _letter(mail: FailureMail) -> str:
    return mail.stage if mail.stage in (Stage.FIRST, Stage.RECOVERED) else "share"


def _context(mail: FailureMail, now: datetime) -> dict[str, Any]:
    failure = mail.failure
    current = failure.current
    count, oldest = _waiting(current)
    window = credentials_window()
    passing = clock(failure.began_at, window, now, oldest)
    return {
        "current": current,
        "workspace": current.workspace,
        "refusal": refusal_words(failure.kind),
        "key_is_suspected": failure.kind != Refusal.FORBIDDEN,
        "words": failure.words,
        "began": _when(failure.began_at, now),
        "lasted": formatting.span((failure.ended_at or now) - failure.began_at, _locale()),
        "window": formatting.span(window, _locale()),
        "percent": round(MAIL_SHARES.get(mail.stage, 0) * 100),
        "waiting": count,
        "waiting_words": formatting.number(count, _locale()),
        "is_over": passing.is_over,
        "dropping": _when(passing.dropping_at, now),
        "remaining": formatting.span(passing.remaining, _locale()),
        "dropped": _dropped(failure),
        "link": _link(current),
    }


def _waiting(current: Current) -> tuple[int, datetime | None]:
    rows = LedgerEntry.objects.filter(WAITS, current=current)
    found = rows.aggregate(count=Sum("count", default=0), oldest=Min("minute"))
    return found["count"], found["oldest"]


def _dropped(failure: CredentialFailure) -> str:
    """How many, in words; empty for none."""
    rows = failure.current.dropped.filter(at__gte=failure.began_at)
    count = rows.aggregate(all=Sum("count", default=0))["all"]
    return formatting.number(count, _locale()) if count else ""


def _link(current: Current) -> str:
    """Empty where nobody knows our own address."""
    address = dashboard_address()
    page = reverse("currents:detail", args=[current.workspace.slug, current.pk])
    return f"{address}{page}" if address else ""


def _locale() -> str:
    return formatting.locale_of(get_language())


def _when(moment: datetime, now: datetime) -> str:
    return formatting.when(moment, now, timezone.get_current_timezone(), _locale())
