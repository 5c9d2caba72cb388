"""What people do with webhooks: create, edit, pause, resume, rotate the secret, delete. Writes the
audit log; never keeps or tells a secret but in its answer.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from braze_partners import outbound
from braze_partners.keys import credentials
from braze_partners.webhooks import signing
from braze_partners.webhooks.errors import TooManyWebhooks, WebhookRefused
from braze_partners.webhooks.kinds import Kind
from braze_partners.webhooks.limits import (
    MAX_DESCRIPTION,
    MAX_WEBHOOKS,
    OLD_SECRET_SIGNS,
    SECRET_BYTES,
)
from braze_partners.webhooks.models import Webhook
from braze_partners.workspaces.audit import Actor, record_by
from braze_partners.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form or a body says of a webhook."""

    url: str
    events: Sequence[str]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """The webhook and, this once, its secret."""

    webhook: Webhook
    secret: str


def check(wanted: Wanted) -> Wanted:
    """As it is kept. Raises WebhookRefused."""
    url, description = wanted.url.strip(), wanted.description.strip()
    try:
        outbound.check(url)
    except outbound.OutboundRefused as refused:
        raise WebhookRefused("url", str(refused)) from refused
    known = [kind for kind in Kind.values if kind in wanted.events]
    if not known or len(known) != len(set(wanted.events)):
        raise WebhookRefused("events", _("Choose at least one event."))
    if len(description) > MAX_DESCRIPTION:
        text = _("A description has at most %(most)s characters.")
        raise WebhookRefused("description", text % {"most": MAX_DESCRIPTION})
    return Wanted(url, known, description)


def create(workspace: Workspace, wanted: Wanted, actor: Actor, now: datetime) -> Secret:
    """Raises WebhookRefused and TooManyWebhooks."""
    wanted = check(wanted)
    secret = _new_secret()
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        if Webhook.objects.filter(workspace=workspace).count() >= MAX_WEBHOOKS:
            raise TooManyWebhooks
        webhook = Webhook.objects.create(
            workspace=workspace,
            url=wanted.url,
            description=wanted.description,
            events=list(wanted.events),
            secret=credentials.encrypt(secret),
            secret_hint=signing.hint(secret),
            created_by=actor.account,
            created_at=now,
        )
        _record(webhook, actor, "webhook.created")
    return Secret(webhook, secret)


def edit(webhook: Webhook, wanted: Wanted, actor: Actor) -> None:
    """What waits goes to the new URL. Raises WebhookRefused."""
    wanted = check(wanted)
    with transaction.atomic():
        webhook.url, webhook.description = wanted.url, wanted.description
        webhook.events = list(wanted.events)
        webhook.save(update_fields=["url", "description", "events"])
        _record(webhook, actor, "webhook.edited")


def pause(webhook: Webhook, actor: Actor, now: datetime) -> bool:
    """What waits goes on waiting; what happens meanwhile is not kept for it."""
    with transaction.atomic():
        unpaused = Webhook.objects.filter(pk=webhook.pk, paused_at=None)
        if not unpaused.update(
            paused_at=now, pause_reason=Webhook.PauseReason.PERSON, letter_due_at=None
        ):
            return False
        _record(webhook, actor, "webhook.paused")
    return True


def resume(webhook: Webhook, actor: Actor) -> bool:
    paused = Webhook.objects.filter(pk=webhook.pk, paused_at__isnull=False)
    with transaction.atomic():
        if not paused.update(
            paused_at=None, pause_reason="", failing_since=None, letter_due_at=None
        ):
            return False
        _record(webhook, actor, "webhook.resumed")
    return True


def rotate(webhook: Webhook, actor: Actor, now: datetime) -> Secret:
    """The old secret signs beside the new one for a day."""
    secret = _new_secret()
    with transaction.atomic():
        held = Webhook.objects.select_for_update().get(pk=webhook.pk)
        held.previous_secret, held.previous_until = held.secret, now + OLD_SECRET_SIGNS
        held.secret, held.secret_hint = credentials.encrypt(secret), signing.hint(secret)
        held.save(update_fields=["secret", "secret_hint", "previous_secret", "previous_until"])
        _record(held, actor, "webhook.secret_rotated")
    return Secret(held, secret)


def delete(webhook: Webhook, actor: Actor) -> None:
    """With its deliveries; what waits is not sent any more."""
    with transaction.atomic():
        _record(webhook, actor, "webhook.deleted")
        webhook.delete()


def secrets_of(webhook: Webhook, now: datetime) -> list[str]:
    """Those that sign now, the newest first. Raises CredentialUnreadable."""
    signing_now = [credentials.decrypt(webhook.secret)]
    if webhook.previous_secret and webhook.previous_until and webhook.previous_until > now:
        signing_now.append(credentials.decrypt(webhook.previous_secret))
    return signing_now


def _new_secret() -> str:
    return signing.secret_of(os.urandom(SECRET_BYTES))


def _record(webhook: Webhook, actor: Actor, action: str) -> None:
    detail = {"webhook": webhook.pk, "events": webhook.events}
    record_by(actor, webhook.workspace, action, str(webhook), detail)
