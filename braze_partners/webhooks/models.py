"""Outgoing webhooks, what is delivered to them, and up to where other rooms have told.

Secrets stand here encrypted. Knows workspaces; nothing of what the events are about.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy

from braze_partners.webhooks.limits import MAX_DESCRIPTION
from braze_partners.workspaces.models import Account, Workspace


class Webhook(models.Model):
    """`previous_secret` signs beside the secret until `previous_until`. `failing_since` is set from
    the first failed attempt to the next delivered one; `letter_due_at` while a letter is owed."""

    class PauseReason(models.TextChoices):
        PERSON = "person"
        FAILING = "failing"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="webhooks")
    url = models.TextField()
    description = models.CharField(max_length=MAX_DESCRIPTION, blank=True)
    events = models.JSONField(default=list)
    secret = models.BinaryField()
    secret_hint = models.CharField(max_length=16)
    previous_secret = models.BinaryField(null=True, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=7, choices=PauseReason, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_delivered_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    letter_due_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.description or self.url

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None


class Delivery(models.Model):
    """One event to one webhook, with its last attempt. `message_id` stays the same over attempts
    and re-sends, so that a receiver knows a repeat; `key` says of what the event tells, and is
    there once per webhook. `due_at` is the next attempt's, booked before the call."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("delivery", "Waiting")
        DELIVERED = "delivered", pgettext_lazy("delivery", "Delivered")
        FAILED = "failed", pgettext_lazy("delivery", "Failed")

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=80, null=True, blank=True)
    body = models.TextField()
    resent_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    attempted_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    took_ms = models.PositiveIntegerField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "key"], name="webhook_told_once"),
        ]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="webhook_delivery_list"),
            models.Index(
                fields=["due_at"],
                name="webhook_delivery_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["created_at"], name="webhook_delivery_old"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class Position(models.Model):
    """Up to which row a room has told a workspace's webhooks of what it keeps."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    row = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind"], name="webhook_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.workspace_id}: {self.row}"
