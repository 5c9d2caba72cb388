"""Imported cohorts: their runs, whose fold is the membership, and the folded base in blocks.

Knows people by their numbers; knows nothing of segments or Currents.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from braze_partners.keys.models import DataImportKey
from braze_partners.partners import directory
from braze_partners.workspaces.models import Workspace


class Cohort(models.Model):
    """A cohort of one partner. `sequence` counts the runs that changed it; `folded_sequence`
    says up to which of them the blocks have taken in. `deletions` counts the times that people
    of the workspace were deleted or merged, so that an import prepared before is prepared again.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="cohorts", db_index=False
    )
    partner = models.SlugField(max_length=40)
    cohort_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    named = models.BooleanField(default=False)
    partner_created_at = models.DateTimeField(null=True, blank=True)
    first_received_at = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveBigIntegerField(default=0)
    folded_sequence = models.PositiveBigIntegerField(default=0)
    deletions = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "partner", "cohort_id"], name="cohort_once_per_partner"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def partner_name(self) -> str:
        return directory.display_name(self.partner)

    @property
    def label(self) -> str:
        """`[Amplitude] NAME: cohort_id`, as wire/braze-cohort-import.md gives it."""
        return f"[{self.partner_name}] {self.name}: {self.cohort_id}"


class CohortBlock(models.Model):
    """The members among 1,048,576 numbers, as of the cohort's `folded_sequence`."""

    cohort = models.ForeignKey(
        Cohort, on_delete=models.CASCADE, related_name="blocks", db_index=False
    )
    block = models.PositiveIntegerField()
    bits = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cohort", "block"], name="cohort_block_once"),
        ]

    def __str__(self) -> str:
        return f"{self.cohort_id}/{self.block}"


class ImportRun(models.Model):
    """One request or sync. With a `sequence` it changed the membership by its two bitmaps, which
    are the net change: `added_bits` were not members before, `removed_bits` were."""

    class Kind(models.TextChoices):
        PUSH = "push", _("Push")
        PULL = "pull", _("Pull")
        UNDO = "undo", _("Undo")
        MERGE = "merge", _("Merge")
        REAPPLY = "reapply", _("Re-apply")
        NAME = "name", _("Name")
        DELETION = "deletion", _("Deletion")

    class State(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        WITH_SKIPS = "with_skips", _("With skips")
        FAILED = "failed", _("Failed")

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    partner = models.SlugField(max_length=40)
    cohort = models.ForeignKey(
        Cohort, on_delete=models.CASCADE, null=True, related_name="runs", db_index=False
    )
    sequence = models.PositiveBigIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PUSH)
    state = models.CharField(max_length=12, choices=State)
    key = models.ForeignKey(
        DataImportKey,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    duration_ms = models.FloatField(default=0)
    received = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped_unknown = models.PositiveIntegerField(default=0)
    skipped_identified = models.PositiveIntegerField(default=0)
    size_after = models.PositiveBigIntegerField(null=True, blank=True)
    error = models.CharField(max_length=400, blank=True)
    added_bits = models.BinaryField(null=True, blank=True)
    removed_bits = models.BinaryField(null=True, blank=True)
    skipped_list = models.BinaryField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cohort", "sequence"], name="run_place_once"),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="run_by_workspace"),
            models.Index(fields=["cohort", "-id"], name="run_by_cohort"),
        ]
        # `sequence` is null where nothing changed: such a run has no place in the membership.

    def __str__(self) -> str:
        return f"run {self.pk} of {self.cohort_id}"

    @property
    def skipped(self) -> int:
        return self.skipped_unknown + self.skipped_identified

    @property
    def partner_name(self) -> str:
        return directory.display_name(self.partner)


class Fold(models.Model):
    """Which numbers the runs of one fold touched, so that "which run" skips whole groups."""

    cohort = models.ForeignKey(
        Cohort, on_delete=models.CASCADE, related_name="folds", db_index=False
    )
    first_sequence = models.PositiveBigIntegerField()
    last_sequence = models.PositiveBigIntegerField()
    touched_bits = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cohort", "last_sequence"], name="fold_once"),
        ]

    def __str__(self) -> str:
        return f"{self.cohort_id}: {self.first_sequence}–{self.last_sequence}"
