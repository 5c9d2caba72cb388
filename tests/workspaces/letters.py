"""Reading what was mailed."""

from __future__ import annotations

from django.core.mail import EmailMessage, EmailMultiAlternatives


def letter_html(message: EmailMessage) -> tuple[str, str]:
    """The HTML part with its content type."""
    assert isinstance(message, EmailMultiAlternatives)
    content, kind = message.alternatives[0]
    return str(content), str(kind)
