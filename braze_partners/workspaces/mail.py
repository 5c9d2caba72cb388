"""Letters to people, as text and HTML, in the receiver's language. Knows no rule."""

from __future__ import annotations

import re
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.encoding import iri_to_uri

from braze_partners.workspaces.models import Account, Invitation, Role


def send_letter(letter: str, to: str, language: str, context: dict[str, Any]) -> None:
    """Sends templates/<letter>.{subject.txt,txt,html}."""
    with translation.override(language):
        context = context | {"language": language}
        # On one line; no-break spaces stay.
        subject = re.sub(r"[ \t\r\n]+", " ", render_to_string(f"{letter}.subject.txt", context))
        message = EmailMultiAlternatives(
            subject.strip(), render_to_string(f"{letter}.txt", context), to=[to]
        )
        message.attach_alternative(render_to_string(f"{letter}.html", context), "text/html")
    message.send()


def send_invitation(invitation: Invitation, account: Account | None, link: str) -> None:
    """In the language of the invited person's account, else in the workspace's."""
    workspace = invitation.workspace
    context = {
        "workspace": workspace,
        "role": Role(invitation.role).label,  # lazy: in the language of the letter
        "inviter": invitation.invited_by,
        "expires_at": invitation.expires_at,
        "link": iri_to_uri(link),
    }
    with timezone.override(workspace.time_zone):
        language = account.language if account else workspace.language
        send_letter("workspaces/mail/invitation", invitation.email, language, context)


def send_password_link(account: Account, link: str, days: int) -> None:
    context = {"account": account, "link": iri_to_uri(link), "days": days}
    send_letter("workspaces/mail/password_reset", account.email, account.language, context)
