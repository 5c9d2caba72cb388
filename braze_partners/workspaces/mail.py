"""Letters to people, as text and HTML, in the receiver's language. Knows no rule."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.encoding import iri_to_uri

from braze_partners.workspaces.models import Account, Invitation, Role


def send_letter(letter: str, to: str, language: str, context: dict[str, Any]) -> None:
    """Sends templates/workspaces/mail/<letter>.{subject.txt,txt,html}."""
    with translation.override(language):
        context = context | {"language": language}
        folder = f"workspaces/mail/{letter}"
        subject = " ".join(render_to_string(f"{folder}.subject.txt", context).split())
        message = EmailMultiAlternatives(
            subject, render_to_string(f"{folder}.txt", context), to=[to]
        )
        message.attach_alternative(render_to_string(f"{folder}.html", context), "text/html")
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
        send_letter("invitation", invitation.email, language, context)


def send_password_link(account: Account, link: str, days: int) -> None:
    context = {"account": account, "link": iri_to_uri(link), "days": days}
    send_letter("password_reset", account.email, account.language, context)
