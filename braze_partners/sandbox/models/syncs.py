"""The destination, and the syncs of cohorts to it with their requests."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from braze_partners.sandbox.limits import IDENTIFIER_LENGTH
from braze_partners.sandbox.models.cohorts import Cohort


class Destination(models.Model):
    """Destinations > Braze: the one row of the project, its key encrypted.

    `known_as` is the endpoint under which its links stand. When the same key is accepted at
    another address, the same Braze has moved, and the links move with it.
    """

    ONLY = 1

    rest_endpoint = models.CharField(max_length=300)
    known_as = models.CharField(max_length=300, default="")
    encrypted_key = models.BinaryField()
    masked_key = models.CharField(max_length=5)
    saved_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True)
    test_status = models.PositiveSmallIntegerField(null=True)
    test_message = models.CharField(max_length=300, default="")

    class Meta:
        app_label = "sandbox"

    @property
    def accepted(self) -> bool:
        return self.test_status is not None and 200 <= self.test_status < 300


class SendAs(models.TextChoices):
    USER_ID = "user_id", _("user_id → Braze external user ID")
    DEVICE_ID = "device_id", _("device_id → Braze device ID, anonymous users only")


class Cadence(models.TextChoices):
    ONE_TIME = "one_time", _("One-time")
    HOURLY = "hourly", _("Hourly")
    DAILY = "daily", _("Daily")


class CohortLink(models.Model):
    """A cohort as one endpoint knows it: its announced name, its schedule, what was sent."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="links")
    rest_endpoint = models.CharField(max_length=300)
    send_as = models.CharField(max_length=9, choices=SendAs.choices)
    announced_name = models.CharField(max_length=200, default="")
    completed_at = models.DateTimeField(null=True)
    cadence = models.CharField(max_length=8, choices=Cadence.choices, default=Cadence.ONE_TIME)
    next_run_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "rest_endpoint", "send_as"], name="one_link_each"
            )
        ]


class SentIdentifier(models.Model):
    """An identifier that the endpoint may hold for a link.

    `certain` says that it was acknowledged. Otherwise a request naming it began and its outcome is
    unknown, so that it must be sent again as long as it is in the cohort, and removed after that.
    """

    link = models.ForeignKey(CohortLink, on_delete=models.CASCADE, related_name="sent")
    identifier = models.CharField(max_length=IDENTIFIER_LENGTH)
    certain = models.BooleanField()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(fields=["link", "identifier"], name="one_sent_row_each")
        ]


class Sync(models.Model):
    """One run of sending a cohort to its link; its requests say how far it came."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Syncing")
        SYNCED = "synced", _("Synced")
        FAILED = "failed", _("Failed")
        STOPPED = "stopped", _("Stopped")

    class Kind(models.TextChoices):
        FIRST = "first", _("First sync, full list")
        REST = "rest", _("First sync, the rest")
        DELTA = "delta", _("Delta")
        FULL = "full", _("Full list again")

    LIVE = (State.QUEUED, State.RUNNING)

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="syncs")
    link = models.ForeignKey(CohortLink, on_delete=models.CASCADE, related_name="syncs")
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    trigger = models.CharField(max_length=8, choices=Cadence.choices)
    to_add = models.PositiveIntegerField(default=0)
    to_remove = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    requests_planned = models.PositiveIntegerField(default=0)
    requests_made = models.PositiveIntegerField(default=0)
    stop_asked = models.BooleanField(default=False)
    error_status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=500, default="")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sandbox"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cohort"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_live_sync_per_cohort",
            )
        ]


class SyncRequest(models.Model):
    """One request of a sync: the cohort's name, or at most 1,000 identifiers.

    The identifiers are dropped once acknowledged; what was sent is in SentIdentifier.
    """

    class Kind(models.TextChoices):
        NAME = "name", _("Name")
        USERS = "users", _("Users")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        ACKNOWLEDGED = "ok", _("Acknowledged")
        GIVEN_UP = "failed", _("Given up")

    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="requests")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=5, choices=Kind.choices)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    adds = models.JSONField(default=list)
    removes = models.JSONField(default=list)
    add_count = models.PositiveIntegerField(default=0)
    remove_count = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()

    class Meta:
        app_label = "sandbox"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["sync", "position"], name="one_request_per_position")
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="request_due")]


class SyncAttempt(models.Model):
    """One call over HTTP and what came back; status is empty when nothing did."""

    request = models.ForeignKey(SyncRequest, on_delete=models.CASCADE, related_name="answers")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    message = models.CharField(max_length=500)
    took_ms = models.PositiveIntegerField()

    class Meta:
        app_label = "sandbox"
        ordering = ["at", "id"]
