"""Currents and what is kept of their delivery: lanes, holds, the ledger, attempts, dead letters.

Knows workspaces; events stand in the log and are named here by their sequence only, since nothing
has a foreign key to the log. States and fates are fates.py's and states.py's.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from braze_partners.partners.amplitude.hosts import Region
from braze_partners.workspaces.models import Account, Workspace
from currents.fates import Fate
from currents.states import State

WAITS = models.Q(fate=Fate.WAITING, count__gt=0)


class Refusal(models.TextChoices):
    """How Amplitude refused the credentials."""

    INVALID_KEY = "invalid_key", _("Amplitude refuses the API key")
    UNAUTHORIZED = "unauthorized", _("Amplitude answers 401 Unauthorized")
    FORBIDDEN = "forbidden", _("Amplitude answers 403 Forbidden")


class Current(models.Model):
    """One Amplitude export.

    `launch_sequence` is the first event of the log that it sees; `counted_sequence` says up to
    where the ledger has taken the log in. `failures`, `failing_since` and `due_at` are the one
    retry clock of the whole destination: before `due_at` no lane is tried. `unexpected_since` is
    when it began to answer what no Amplitude answers. `request_bytes` is the largest request that
    it is taken to accept, less after a 413; 0 stands for the documented limit.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="currents")
    name = models.CharField(max_length=255)
    contact_email = models.EmailField(max_length=254)
    region = models.CharField(max_length=8, choices=Region, default=Region.US)
    api_key = models.BinaryField(null=True)
    api_key_hint = models.CharField(max_length=16, blank=True)
    project = models.CharField(max_length=64, blank=True)
    include_anonymous = models.BooleanField(default=True)
    event_types = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    state_since = models.DateTimeField()
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    launched_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    launched_at = models.DateTimeField(null=True, blank=True)
    launch_sequence = models.PositiveBigIntegerField(null=True, blank=True)
    counted_sequence = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    unexpected_since = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    request_bytes = models.PositiveIntegerField(default=0)
    slow = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["workspace", "name"], name="current_by_name")]

    def __str__(self) -> str:
        return self.name


class Lane(models.Model):
    """A sixteenth of a Current's events, by identity: the unit of order and of parallel work.

    Every event of the lane before `position` has its fate or stands behind a hold. Those before
    `tried` were in an attempt already. Who holds the lease may send; `lease_token` fences off
    whoever held it before.
    """

    current = models.ForeignKey(
        Current, on_delete=models.CASCADE, related_name="lanes", db_index=False
    )
    lane = models.PositiveSmallIntegerField()
    position = models.PositiveBigIntegerField()
    tried = models.PositiveBigIntegerField(default=0)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["current", "lane"], name="lane_once")]

    def __str__(self) -> str:
        return f"{self.current_id}/{self.lane}"


class Hold(models.Model):
    """An identity that must wait: its lane has gone past it, and its events from `next_sequence`
    on are read from the log by identity when `due_at` has come."""

    class Reason(models.TextChoices):
        PACED = "paced", _("Paced to 30 events per second")
        THROTTLED = "throttled", _("Throttled by Amplitude")
        QUOTA = "quota", _("Over its daily quota")

    current = models.ForeignKey(
        Current, on_delete=models.CASCADE, related_name="holds", db_index=False
    )
    lane = models.PositiveSmallIntegerField()
    identity = models.TextField()
    identity_hash = models.CharField(max_length=32)
    user_id = models.TextField(blank=True)
    device_id = models.TextField(blank=True)
    next_sequence = models.PositiveBigIntegerField()
    due_at = models.DateTimeField()
    reason = models.CharField(max_length=9, choices=Reason)
    waiting = models.PositiveBigIntegerField(default=0)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["current", "identity_hash"], name="hold_once"),
        ]
        indexes = [models.Index(fields=["current", "lane", "due_at"], name="hold_due")]

    def __str__(self) -> str:
        return f"{self.current_id}: {self.reason}"


class LedgerEntry(models.Model):
    """How many events of a type, received in a minute, have this fate; only ledger.py writes it."""

    current = models.ForeignKey(
        Current, on_delete=models.CASCADE, related_name="ledger", db_index=False
    )
    minute = models.DateTimeField()
    event_type = models.CharField(max_length=255)
    fate = models.CharField(max_length=16, choices=Fate)
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["current", "minute", "event_type", "fate"], name="ledger_once"
            ),
        ]
        indexes = [models.Index(fields=["current", "minute"], condition=WAITS, name="ledger_waits")]

    def __str__(self) -> str:
        return f"{self.current_id} {self.minute} {self.event_type} {self.fate}: {self.count}"


class Attempt(models.Model):
    """One call to Amplitude and what came of it; `request` and `answer` are beginnings only, with
    the key masked. `delay_ms` is from the receipt of its oldest event to the answer."""

    class Kind(models.TextChoices):
        DELIVERY = "delivery", _("Delivery")
        PROBE = "probe", _("Probe")
        REPLAY = "replay", _("Replay")

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", _("Delivered")
        REJECTED = "rejected", _("Events named")
        THROTTLED = "throttled", _("Throttled")
        TOO_LARGE = "too_large", _("Too large")
        CREDENTIALS = "credentials", _("Credentials refused")
        UNREACHABLE = "unreachable", _("Unreachable")
        UNEXPECTED = "unexpected", _("Unexpected answer")

    current = models.ForeignKey(
        Current, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=Kind)
    first_lane = models.PositiveSmallIntegerField()
    last_lane = models.PositiveSmallIntegerField()
    first_sequence = models.PositiveBigIntegerField()
    last_sequence = models.PositiveBigIntegerField()
    events = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=11, choices=Outcome)
    named = models.PositiveIntegerField(default=0)
    took_ms = models.PositiveIntegerField()
    delay_ms = models.PositiveBigIntegerField(null=True)
    warning = models.CharField(max_length=200, blank=True)
    words = models.CharField(max_length=400, blank=True)
    request = models.TextField(blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["current", "-id"], name="attempt_latest"),
            models.Index(fields=["current", "last_sequence"], name="attempt_by_sequence"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} ({self.status})"


class DeadLetter(models.Model):
    """An event that Amplitude will never take as it is, with Amplitude's own words."""

    current = models.ForeignKey(
        Current, on_delete=models.CASCADE, related_name="dead_letters", db_index=False
    )
    sequence = models.PositiveBigIntegerField()
    event_id = models.TextField()
    event_type = models.CharField(max_length=255)
    identity = models.TextField()
    received_at = models.DateTimeField()
    at = models.DateTimeField()
    cause = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["current", "sequence"], name="dead_letter_once"),
        ]
        indexes = [models.Index(fields=["current", "cause", "sequence"], name="dead_by_cause")]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.cause}"


class DroppedRange(models.Model):
    """Events that waited too long: of these lanes, from `first_sequence` to `last_sequence`, those
    that would have been sent. A hold's are those of its `identity` only."""

    current = models.ForeignKey(Current, on_delete=models.CASCADE, related_name="dropped")
    first_lane = models.PositiveSmallIntegerField()
    last_lane = models.PositiveSmallIntegerField()
    identity = models.TextField(blank=True)
    first_sequence = models.PositiveBigIntegerField()
    last_sequence = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField()
    reason = models.CharField(max_length=16, choices=Fate)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.count} dropped: {self.reason}"


class CredentialFailure(models.Model):
    """From the first answer that refused a Current's credentials to the first that took them."""

    current = models.ForeignKey(
        Current, on_delete=models.CASCADE, related_name="credential_failures"
    )
    kind = models.CharField(max_length=12, choices=Refusal)
    words = models.CharField(max_length=400)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    last_probe_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["current"],
                condition=models.Q(ended_at=None),
                name="one_open_failure_per_current",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} since {self.began_at}"


class FailureMail(models.Model):
    """A stage of a failure of which the contact is told: one row each, so that no restart tells
    it again. `lease_until` is the sender's; without `sent_at` after it the mail is tried again."""

    class Stage(models.TextChoices):
        FIRST = "first", _("First failure")
        HALF = "half", _("Half of the window")
        THREE_QUARTERS = "three_quarters", _("Three quarters of the window")
        NINE_TENTHS = "nine_tenths", _("Nine tenths of the window")
        RECOVERED = "recovered", _("Recovery")

    failure = models.ForeignKey(CredentialFailure, on_delete=models.CASCADE, related_name="mails")
    stage = models.CharField(max_length=14, choices=Stage)
    to = models.EmailField()
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["failure", "stage"], name="mail_once")]

    def __str__(self) -> str:
        return f"{self.stage} to {self.to}"


class ConnectionTest(models.Model):
    """One *Test connection*: a job with a limit of seconds. The key stands here, encrypted, only
    until the test is done."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Testing")
        DONE = "done", _("Done")

    class Verdict(models.TextChoices):
        """What came of it; connection_words.py has the sentences."""

        ACCEPTED = "accepted"
        INVALID_KEY = "invalid_key"
        UNAUTHORIZED = "unauthorized"
        FORBIDDEN = "forbidden"
        REJECTED = "rejected"
        THROTTLED = "throttled"
        TOO_LARGE = "too_large"
        TIMEOUT = "timeout"
        CONNECTION = "connection"
        DNS = "dns"
        GARBAGE = "garbage"
        SERVER_ERROR = "server_error"
        UNEXPECTED = "unexpected"
        UNREADABLE = "unreadable"
        NOT_RUN = "not_run"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    current = models.ForeignKey(
        Current, on_delete=models.CASCADE, null=True, blank=True, related_name="connection_tests"
    )
    region = models.CharField(max_length=8, choices=Region)
    api_key = models.BinaryField(null=True)
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    accepted = models.BooleanField(null=True)
    verdict = models.CharField(max_length=12, choices=Verdict, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    took_ms = models.PositiveIntegerField(null=True)
    words = models.CharField(max_length=400, blank=True)
    url = models.CharField(max_length=300, blank=True)
    request = models.TextField(blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "created_at"], name="connection_test_due")]

    def __str__(self) -> str:
        return f"{self.region}: {self.state}"


class DeliveryWorker(models.Model):
    """A process that delivers, with its number of threads; who has not been seen for a while is
    gone. It tells how many may work at once, so that no Current takes more than its share."""

    token = models.CharField(max_length=32, unique=True)
    threads = models.PositiveSmallIntegerField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.token


class PacedDay(models.Model):
    """How much of a day an id has used up at one Amplitude project, for busy ids: written each
    minute, so that a Redis that lost its data begins where it was."""

    project = models.CharField(max_length=64)
    day = models.DateField()
    kind = models.CharField(max_length=6)
    identifier = models.TextField()
    identifier_hash = models.CharField(max_length=32)
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "day", "kind", "identifier_hash"], name="paced_day_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"


class HotSnapshot(models.Model):
    """The busiest ids of a project as the one worker of the embedded default last saw them, for
    the pages of another process; with Redis they are asked there."""

    project = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()
    ids = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{len(self.ids)} of {self.project}"
