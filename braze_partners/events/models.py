"""What the log keeps beside its batches. The batches themselves are no model: they are raw SQL
behind event_log.py, made by migration 0001, and nothing has a foreign key to them."""

from __future__ import annotations

from django.db import models


class LogHead(models.Model):
    """The next sequence of a workspace's log; moved in the transaction that inserts the batch and
    held until it commits, so sequences have no gaps and stand in the order of commits."""

    workspace_id = models.BigIntegerField(primary_key=True)
    next = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.next}"


class Tombstone(models.Model):
    """A person's deletion: their events before `sequence` are not exported any more. Of the
    identity only the hash is kept by which the log is searched."""

    workspace_id = models.BigIntegerField()
    identity_hash = models.BigIntegerField()
    sequence = models.BigIntegerField()
    blanked = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "sequence"], name="tombstone_place"),
            models.Index(
                fields=["workspace_id"],
                condition=models.Q(blanked=False),
                name="tombstone_not_blanked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.identity_hash} before {self.sequence}"


class ActivityPosition(models.Model):
    """Up to where the last-active times of a workspace's people have followed the log."""

    workspace_id = models.BigIntegerField(primary_key=True)
    sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.sequence}"


class EventName(models.Model):
    """The name of a custom event that a workspace has sent, kept when its events are gone."""

    workspace_id = models.BigIntegerField()
    name = models.CharField(max_length=255)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "name"], name="event_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
