"""One-time links with which a person sets their password. Knows no mail and no screen."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db.models import Q
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from braze_partners.workspaces.limits import PASSWORD_LINK_INTERVAL
from braze_partners.workspaces.models import Account


def link_days() -> int:
    return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT).days


def password_link(account: Account, origin: str) -> str:
    """Works once, until the password changes or the person signs in, and PASSWORD_RESET_TIMEOUT."""
    parts = {
        "uidb64": urlsafe_base64_encode(force_bytes(account.pk)),
        "token": default_token_generator.make_token(account),
    }
    return origin.rstrip("/") + reverse("password-reset-confirm", kwargs=parts)


def account_for_link(account_id: int, now: datetime) -> Account | None:
    """The account if a link may be mailed to it now; one a minute, whoever asks."""
    due = Q(password_link_at=None) | Q(password_link_at__lt=now - PASSWORD_LINK_INTERVAL)
    rows = Account.objects.filter(due, pk=account_id, is_active=True)
    return Account.objects.get(pk=account_id) if rows.update(password_link_at=now) else None
