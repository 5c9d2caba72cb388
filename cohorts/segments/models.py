"""Segments: a definition over cohorts, other segments and profiles; who starred and saw it.

Knows cohorts and people; knows nothing of campaigns.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import pgettext_lazy

from braze_partners.workspaces.models import Account, Workspace
from cohorts.models import Cohort


class Tag(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="tag_once")]

    def __str__(self) -> str:
        return self.name


class Segment(models.Model):
    """`definition` is `{"all": [{"any": [filter, …]}, …], "exclude": [{"any": […]}, …]}`;
    what it refers to stands beside it as rows with protecting foreign keys."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="segments")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, max_length=2000)
    definition = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    tags = models.ManyToManyField(Tag, blank=True, related_name="segments")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    edited_at = models.DateTimeField()
    edited_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    cohorts = models.ManyToManyField(Cohort, through="SegmentCohort", related_name="segments")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="segment_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentCohort(models.Model):
    """A segment uses a cohort, which therefore can't be deleted."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="uses_cohorts")
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="used_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "cohort"], name="segment_cohort_once"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} uses {self.cohort_id}"


class SegmentSegment(models.Model):
    """A segment uses another one, which therefore can't be deleted."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="uses_segments")
    used = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="used_by_segments")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "used"], name="segment_segment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} uses {self.used_id}"


class Star(models.Model):
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="stars")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "account"], name="star_once")]

    def __str__(self) -> str:
        return f"{self.account_id} stars {self.segment_id}"


class SegmentView(models.Model):
    """The version of a segment that an account last looked at (N Changes Since Last Viewed)."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="views")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "account"], name="segment_view_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} saw {self.segment_id}"


class SegmentVersion(models.Model):
    """What a segment was after one save; the words of a change are made when it is read."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    definition = models.JSONField(default=dict)
    tags = models.JSONField(default=list)
    archived = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "version"], name="segment_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} version {self.version}"


class SegmentSize(models.Model):
    """The last size measured on a day, for the chart of historical membership."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="sizes")
    day = models.DateField()
    at = models.DateTimeField()
    size = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "day"], name="segment_size_once"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} on {self.day}: {self.size}"


class SegmentExport(models.Model):
    """The members of a segment as a file, written in the background: a CSV for people, or Braze's
    zip of JSON lines for who calls /users/export/segment.

    `members` (bits, fixed when the first worker takes it, gone when it ends), `done` of `size` of
    them, and `offset` (bytes of the file) let a worker go on where another was killed. `fields`,
    `address` (ours, as the caller knows it) and what is about the callback are a zip's.
    """

    class Form(models.TextChoices):
        CSV = "csv", "CSV"
        ZIP = "zip", "Zip"

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("export", "Queued")
        RUNNING = "running", pgettext_lazy("export", "Running")
        COMPLETED = "completed", pgettext_lazy("export", "Completed")
        FAILED = "failed", pgettext_lazy("export", "Failed")
        CANCELLED = "cancelled", pgettext_lazy("export", "Cancelled")
        EXPIRED = "expired", pgettext_lazy("export", "Expired")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="exports")
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    definition = models.JSONField()
    form = models.CharField(max_length=3, choices=Form, default=Form.CSV)
    fields = models.JSONField(default=list)
    address = models.CharField(max_length=300, blank=True)
    callback_url = models.CharField(max_length=2_000, blank=True)
    callback_due_at = models.DateTimeField(null=True, blank=True)
    callback_tries = models.PositiveSmallIntegerField(default=0)
    callback_error = models.CharField(max_length=300, blank=True)
    members = models.BinaryField(null=True, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    offset = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [models.Index(fields=["segment", "-created_at"], name="segment_export_latest")]

    def __str__(self) -> str:
        return f"{self.segment_id} ({self.state})"

    @property
    def share(self) -> float:
        return self.done / self.size if self.size else 0.0
