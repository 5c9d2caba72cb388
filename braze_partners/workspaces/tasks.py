"""What this room does outside a request: mailing password links, forgetting what has expired."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.workspaces import mail, passwords, sessions, sign_in_failures


@shared_task
def mail_password_link(account_id: int, origin: str) -> None:
    """Also called with 0 for an unknown address, so that both take the same time to answer."""
    account = passwords.account_for_link(account_id, timezone.now())
    if account:
        link = passwords.password_link(account, origin)
        mail.send_password_link(account, link, passwords.link_days())


@shared_task
def forget_expired() -> None:
    """Sessions that ended and failed sign-ins that no longer count."""
    now = timezone.now()
    sessions.forget_expired_sessions(now)
    sign_in_failures.forget_old(now)
