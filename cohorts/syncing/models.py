"""Scheduled pull syncs: when a cohort is pulled, each run with its state, and what is to be told.

Knows cohorts and Amplitude projects; who is in a cohort is membership's.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from braze_partners.partners.models import AmplitudeProject
from braze_partners.workspaces.models import Account, Workspace
from cohorts.models import Cohort, ImportRun
from cohorts.syncing.limits import HOLD_PERCENT
from cohorts.syncing.states import ACTIVE, DONE, State


class PullSchedule(models.Model):
    """How a cohort is pulled; one for each cohort that is. `minute` and `hour` are of the clock
    in `time_zone` (`hour` counts for daily). `next_due_at` is empty while paused, and once a
    one-time pull was started. `hold_percent` (of the members before) is the change above which a
    pull is held; empty: never. `failing_since` is set from a first failure to the next success.
    """

    class Cadence(models.TextChoices):
        ONCE = "once", _("One-time")
        HOURLY = "hourly", _("Hourly")
        DAILY = "daily", _("Daily")

    class PauseReason(models.TextChoices):
        PERSON = "person", _("Paused by a person")
        UNDO = "undo", _("Paused because its last pull was undone")

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, related_name="pull_schedule")
    project = models.ForeignKey(
        AmplitudeProject, on_delete=models.PROTECT, related_name="pull_schedules"
    )
    remote_id = models.CharField(max_length=255)
    cadence = models.CharField(max_length=6, choices=Cadence)
    minute = models.PositiveSmallIntegerField(default=0)
    hour = models.PositiveSmallIntegerField(default=0)
    time_zone = models.CharField(max_length=64, default="UTC")
    hold_percent = models.PositiveSmallIntegerField(null=True, blank=True, default=HOLD_PERCENT)
    email = models.EmailField(blank=True)
    owner = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=6, choices=PauseReason, blank=True)
    next_due_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_due_at"],
                name="pull_schedule_due",
                condition=models.Q(next_due_at__isnull=False),
            ),
            models.Index(fields=["workspace"], name="pull_schedule_by_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.cohort_id}: {self.cadence}"

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None


class SyncRun(models.Model):
    """One pull, from queued to its end. What was downloaded stands in `target_bits` (people's
    numbers; `target_kept` says so without reading them) from *applying* on, until the run is
    decided or its dry run applied or discarded;
    `added_bits` and `removed_bits` are the difference as it was found, shown of what is held or
    dry; an applied one's stand in `import_run`. `received` = `added` + `unchanged` + `skipped`,
    with `removed` beside it; `nameless` counts rows without a user id, which are not received.
    `job_id` is Amplitude's request id. `attempts` counts failures within the run.
    """

    class Mode(models.TextChoices):
        SYNC = "sync", _("Sync")
        DRY_RUN = "dry_run", _("Dry run")
        RESYNC = "resync", _("Full re-sync")

    class HoldReason(models.TextChoices):
        SHARE = "share", pgettext_lazy("sync", "The change is larger than the share allowed")
        PREVIEW = "preview", pgettext_lazy("sync", "A full re-sync shows its difference first")

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    cohort = models.ForeignKey(
        Cohort, on_delete=models.CASCADE, related_name="sync_runs", db_index=False
    )
    schedule = models.ForeignKey(
        PullSchedule, on_delete=models.SET_NULL, null=True, related_name="runs"
    )
    project = models.ForeignKey(
        AmplitudeProject, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    remote_id = models.CharField(max_length=255)
    mode = models.CharField(max_length=7, choices=Mode, default=Mode.SYNC)
    scheduled = models.BooleanField(default=False)
    started_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    from_run = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=11, choices=State, default=State.QUEUED)
    state_since = models.DateTimeField()
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    waiting_for = models.CharField(max_length=20, blank=True)
    job_id = models.CharField(max_length=255, blank=True)
    requested_at = models.DateTimeField(null=True, blank=True)
    polls = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True)
    error_code = models.CharField(max_length=24, blank=True)
    approved = models.BooleanField(default=False)
    hold_reason = models.CharField(max_length=7, choices=HoldReason, blank=True)
    hold_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=0)
    nameless = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    size_before = models.PositiveBigIntegerField(null=True, blank=True)
    size_after = models.PositiveBigIntegerField(null=True, blank=True)
    target_kept = models.BooleanField(default=False)
    target_bits = models.BinaryField(null=True, blank=True)
    added_bits = models.BinaryField(null=True, blank=True)
    removed_bits = models.BinaryField(null=True, blank=True)
    skipped_list = models.BinaryField(null=True, blank=True)
    unknown_ids = models.BinaryField(null=True, blank=True)
    import_run = models.ForeignKey(
        ImportRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cohort"],
                condition=models.Q(state__in=ACTIVE),
                name="sync_active_once",
            ),
            models.UniqueConstraint(
                fields=["cohort"],
                condition=models.Q(state=State.HELD),
                name="sync_held_once",
            ),
        ]
        indexes = [
            models.Index(fields=["cohort", "-id"], name="sync_run_by_cohort"),
            models.Index(fields=["workspace", "-id"], name="sync_run_by_workspace"),
            models.Index(
                fields=["due_at"], name="sync_run_due", condition=models.Q(state__in=ACTIVE)
            ),
        ]

    def __str__(self) -> str:
        return f"sync {self.pk} of {self.cohort_id}: {self.state}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def can_be_applied(self) -> bool:
        """A dry run whose target is still kept."""
        return self.mode == self.Mode.DRY_RUN and self.target_kept and self.state in DONE

    @property
    def removed_share(self) -> float | None:
        """Of the members before; None where there were none."""
        return self.removed / self.size_before if self.size_before else None

    @property
    def changed_share(self) -> float | None:
        """Added and removed, of the members before: what the hold looks at."""
        return (self.added + self.removed) / self.size_before if self.size_before else None


class PullSkips(models.Model):
    """The unknown ids of a cohort's last applied pull: the next one keeps only what is new."""

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, related_name="pull_skips")
    skipped_list = models.BinaryField()

    def __str__(self) -> str:
        return f"skips of {self.cohort_id}"


class ProjectUse(models.Model):
    """The row that is held while a project's calls are counted."""

    fingerprint = models.CharField(max_length=64, primary_key=True)

    def __str__(self) -> str:
        return self.fingerprint[:8]


class ProjectCall(models.Model):
    """A request for a cohort, or a download, at a project; by the fingerprint that Amplitude's
    limits go by. It is at work until it has ended or its lease is over."""

    class Kind(models.TextChoices):
        REQUEST = "request"
        DOWNLOAD = "download"

    fingerprint = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind)
    run = models.ForeignKey(SyncRun, on_delete=models.SET_NULL, null=True, related_name="calls")
    at = models.DateTimeField()
    lease_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["fingerprint", "kind", "at"], name="project_call_at")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at}"


class SyncLetter(models.Model):
    """A letter that is owed: a sync begins to fail, or it works again. One row a stage of a
    failure, so that no restart tells it twice. `lease_until` is the sender's."""

    class Stage(models.TextChoices):
        FAILING = "failing"
        RECOVERED = "recovered"

    schedule = models.ForeignKey(PullSchedule, on_delete=models.CASCADE, related_name="letters")
    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="+")
    stage = models.CharField(max_length=9, choices=Stage)
    to = models.EmailField()
    failing_since = models.DateTimeField()
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "failing_since", "stage"], name="sync_letter_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} to {self.to}"
