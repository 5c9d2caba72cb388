"""Sends letters that are owed, each once. Knows rows with `due_at`, `lease_until`, `sent_at` and
`error`; which rows, and the words, are the rooms' that keep them.

A row is taken by a lease before it is sent and marked after: a process killed between the two has
the letter sent again after the lease, so that none is lost; no restart sends a marked one again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Q, QuerySet

log = structlog.get_logger(__name__)

# Longer than a mail server is waited for (settings.EMAIL_TIMEOUT).
LEASE = timedelta(minutes=2)
# What could not be sent for so long is no news any more.
GIVE_UP = timedelta(days=2)


def send_due(
    letters: QuerySet[Any], send: Callable[[Any, datetime], None], now: datetime, at_once: int
) -> int:
    """How many went out, of `at_once` at most; the next call goes on. `letters` brings along what
    `send` reads of each."""
    free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)
    rows = letters.model._default_manager.all()
    due = rows.filter(free, sent_at=None, due_at__gt=now - GIVE_UP)
    sent = 0
    for pk in due.order_by("due_at").values_list("pk", flat=True)[:at_once]:
        if rows.filter(free, pk=pk, sent_at=None).update(lease_until=now + LEASE):
            sent += _send(letters.get(pk=pk), send, now)
    return sent


def _send(letter: Any, send: Callable[[Any, datetime], None], now: datetime) -> bool:
    rows = type(letter)._default_manager.filter(pk=letter.pk)
    try:
        send(letter, now)
    except OSError as error:  # smtplib's errors are OSErrors; the lease says when to try again
        name = type(error).__name__
        log.warning("letter_not_sent", letter=letter.pk, kind=letter._meta.label, error=name)
        rows.update(error=name)
        return False
    rows.update(sent_at=now, lease_until=None, error="")
    return True
