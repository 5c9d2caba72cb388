"""What can be wrong with a webhook that somebody wants; the texts are for people."""

from __future__ import annotations

from braze_partners.errors import Conflict


class WebhookRefused(ValueError):
    """`field` is the one that is wrong."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field, self.text = field, text


class TooManyWebhooks(Conflict):
    message = "A workspace has at most 20 webhooks"
