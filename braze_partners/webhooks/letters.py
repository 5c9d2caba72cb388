"""The letter that a webhook was paused because nothing got through, to each Admin. Knows rows,
leases and accounts; that it is owed is delivering.py's.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language

from braze_partners import formatting
from braze_partners.running import dashboard_address
from braze_partners.webhooks.limits import LETTER_LEASE
from braze_partners.webhooks.models import Webhook
from braze_partners.workspaces.mail import send_letter
from braze_partners.workspaces.models import Member, Role

log = structlog.get_logger(__name__)


def send_due(now: datetime) -> int:
    """How many webhooks were told of. `letter_due_at` moves ahead before sending, so that a
    process killed meanwhile has the letter sent again, and none is sent twice by two."""
    sent = 0
    for webhook in Webhook.objects.filter(letter_due_at__lte=now).select_related("workspace"):
        held = Webhook.objects.filter(Q(letter_due_at=webhook.letter_due_at), pk=webhook.pk)
        if not held.update(letter_due_at=now + LETTER_LEASE):
            continue
        try:
            _send(webhook, now)
        except OSError as error:  # smtplib's errors are OSErrors
            log.warning("webhook_letter_not_sent", webhook=webhook.pk, error=type(error).__name__)
            continue
        Webhook.objects.filter(pk=webhook.pk).update(letter_due_at=None)
        sent += 1
    return sent


def _send(webhook: Webhook, now: datetime) -> None:
    workspace = webhook.workspace
    admins = Member.objects.filter(workspace=workspace, role=Role.ADMIN).select_related("account")
    page = reverse("webhooks:detail", args=[workspace.slug, webhook.pk])
    address = dashboard_address()
    for member in admins:
        language = member.account.language or workspace.language
        with timezone.override(workspace.time_zone), translation.override(language):
            context = {
                "workspace": workspace,
                "webhook": webhook,
                "since": _when(webhook.failing_since or now, now),
                "link": f"{address}{page}" if address else "",
            }
            send_letter("webhooks/mail/paused", member.account.email, language, context)


def _when(moment: datetime, now: datetime) -> str:
    locale = formatting.locale_of(get_language())
    return formatting.when(moment, now, timezone.get_current_timezone(), locale)
