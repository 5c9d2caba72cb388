"""Events as they were ingested, and the running totals over them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Coalesce

from braze_partners.sandbox.limits import STRING_LENGTH


class ReceivedEvent(models.Model):
    """An event that was ingested, under its place in the order of ingestion.

    `body` is the event as it is kept. `received_body` is what came when that differs: a string was
    cut, or an id was removed. A repeat adds to `duplicates` of the first one and has no row.
    """

    sequence = models.BigAutoField(primary_key=True)
    event_type = models.CharField(max_length=STRING_LENGTH)
    user_id = models.CharField(max_length=STRING_LENGTH, null=True)
    device_id = models.CharField(max_length=STRING_LENGTH, null=True)
    insert_id = models.CharField(max_length=STRING_LENGTH, null=True)
    time_ms = models.BigIntegerField()
    received_ms = models.BigIntegerField(db_index=True)
    duplicates = models.PositiveIntegerField(default=0)
    body = models.TextField()
    received_body = models.TextField(null=True)

    class Meta:
        app_label = "sandbox"
        ordering = ["-sequence"]
        indexes = [
            # The sequence ends each of SQLite's index rows, so these give the newest first as well.
            models.Index(fields=["event_type"], name="event_by_type"),
            models.Index(
                fields=["user_id"], name="event_by_user", condition=models.Q(user_id__isnull=False)
            ),
            models.Index(
                fields=["device_id"],
                name="event_by_device",
                condition=models.Q(device_id__isnull=False),
            ),
            models.Index("insert_id", Coalesce("device_id", "user_id"), name="event_by_insert_id"),
        ]


class EventType(models.Model):
    """How many events of a type were ingested; the filter of the event stream is filled from it."""

    name = models.CharField(primary_key=True, max_length=STRING_LENGTH)
    events = models.PositiveBigIntegerField(default=0)

    class Meta:
        app_label = "sandbox"
        ordering = ["name"]


class Tally(models.Model):
    """A running total of the project since its events were last deleted."""

    name = models.CharField(primary_key=True, max_length=40)
    total = models.PositiveBigIntegerField(default=0)

    class Meta:
        app_label = "sandbox"
