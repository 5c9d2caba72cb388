"""The sandbox's rows: users, events, cohorts, the destination, keys and faults; no HTTP here."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from braze_partners.sandbox.limits import IDENTIFIER_LENGTH, STRING_LENGTH


class AmplitudeUser(models.Model):
    """One user as Amplitude knows them; anonymous when there is only a device."""

    amplitude_id = models.BigAutoField(primary_key=True)
    user_id = models.CharField(max_length=STRING_LENGTH, unique=True, null=True)
    device_id = models.CharField(max_length=STRING_LENGTH, db_index=True, null=True)
    properties = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "sandbox"
        ordering = ["amplitude_id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user_id__isnull=False) | models.Q(device_id__isnull=False),
                name="user_has_an_identifier",
            )
        ]

    def __str__(self) -> str:
        return self.user_id or self.device_id or str(self.amplitude_id)


class UserDevice(models.Model):
    """Whom a device belongs to: the user who was last seen on it."""

    device_id = models.CharField(primary_key=True, max_length=STRING_LENGTH)
    user = models.ForeignKey(AmplitudeUser, on_delete=models.CASCADE, related_name="devices")

    class Meta:
        app_label = "sandbox"


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


class ProjectKey(models.Model):
    """A further API key of the project, encrypted; its page shows it again, as Amplitude's does."""

    label = models.CharField(max_length=100)
    encrypted_key = models.BinaryField()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sandbox"
        ordering = ["created_at", "id"]


class Fault(models.Model):
    """A fault that is switched on; `options` are those of its kind, `share` the part that fails."""

    kind = models.CharField(primary_key=True, max_length=30)
    share = models.FloatField(default=1.0)
    options = models.JSONField(default=dict)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    hits = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "sandbox"
        ordering = ["since", "kind"]


class Cohort(models.Model):
    """A named set of users, kept by list or by rule; its members are always written out."""

    class Kind(models.TextChoices):
        LIST = "list", _("By list")
        RULE = "rule", _("By rule")

    class Match(models.TextChoices):
        ALL = "all", _("all")
        ANY = "any", _("any")

    id = models.CharField(primary_key=True, max_length=8)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    match = models.CharField(max_length=3, choices=Match.choices, default=Match.ALL)
    conditions = models.JSONField(default=list)
    size = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "sandbox"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"

    @property
    def by_rule(self) -> bool:
        return self.kind == self.Kind.RULE


class CohortMember(models.Model):
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(AmplitudeUser, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(fields=["cohort", "user"], name="one_membership_each")
        ]


class SizePoint(models.Model):
    """The size of a cohort from this moment until the next point."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="size_points")
    at = models.DateTimeField()
    size = models.PositiveIntegerField()

    class Meta:
        app_label = "sandbox"
        ordering = ["at", "id"]


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
