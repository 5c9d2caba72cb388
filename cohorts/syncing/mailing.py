"""Sends the letters that are owed, each once. Knows rows and leases; words are letters.py's.

A row is taken by a lease before it is sent and marked after, as for Currents: a process killed
between the two has the letter sent again, so that none is lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from cohorts.syncing import letters
from cohorts.syncing.models import SyncLetter

log = structlog.get_logger(__name__)

# Longer than a mail server is waited for (settings.EMAIL_TIMEOUT).
LEASE = timedelta(minutes=2)
# Letters that one sweep sends; the next goes on.
AT_ONCE = 20
# What could not be sent for so long is no news any more.
GIVE_UP = timedelta(days=2)


def send_due(now: datetime) -> int:
    """How many went out."""
    free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)
    due = SyncLetter.objects.filter(free, sent_at=None, due_at__gt=now - GIVE_UP)
    sent = 0
    for pk in due.order_by("due_at").values_list("pk", flat=True)[:AT_ONCE]:
        if SyncLetter.objects.filter(free, pk=pk, sent_at=None).update(lease_until=now + LEASE):
            sent += _send(pk, now)
    return sent


def _send(pk: int, now: datetime) -> bool:
    related = ("schedule__workspace", "schedule__cohort", "schedule__project", "run")
    letter = SyncLetter.objects.select_related(*related).get(pk=pk)
    try:
        letters.send(letter, now)
    except OSError as error:  # smtplib's errors are OSErrors; the lease says when to try again
        log.warning("letter_not_sent", letter=pk, error=type(error).__name__)
        SyncLetter.objects.filter(pk=pk).update(error=type(error).__name__)
        return False
    SyncLetter.objects.filter(pk=pk).update(sent_at=now, lease_until=None, error="")
    return True
