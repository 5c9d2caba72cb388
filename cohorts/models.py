"""Imported cohorts: their runs, whose fold is the membership, and the folded base in blocks.

Knows people by their numbers; knows nothing of segments or Currents.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from braze_partners.keys.models import DataImportKey
from braze_partners.partners import directory
from braze_partners.workspaces.models import Account, Workspace


class Cohort(models.Model):
    """A cohort of one partner. `sequence` counts the runs that changed it; `folded_sequence`
    says up to which of them the blocks have taken in. `deletions` counts the times that people
    of the workspace were deleted or merged, so that an import prepared before is prepared again.
    What begins with `group_` is the latest group of pushes; `group_last_at` is empty once
    something else came after it.
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
    group_number = models.PositiveBigIntegerField(default=0)
    group_key = models.PositiveBigIntegerField(default=0)  # 0: none
    group_began_at = models.DateTimeField(null=True, blank=True)
    group_last_at = models.DateTimeField(null=True, blank=True)

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


class RunGroup(models.Model):
    """Pushes to one cohort with one key that follow each other: one sync of a partner, in as many
    requests as it took. Counts are the sums over its runs, moved in the statement that writes a
    run; `first_sequence` to `last_sequence` are the places of those that changed something."""

    cohort = models.ForeignKey(
        Cohort, on_delete=models.CASCADE, related_name="groups", db_index=False
    )
    number = models.PositiveBigIntegerField()
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    runs = models.PositiveIntegerField(default=1)
    received = models.PositiveBigIntegerField(default=0)
    added = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)
    skipped_unknown = models.PositiveBigIntegerField(default=0)
    skipped_identified = models.PositiveBigIntegerField(default=0)
    first_sequence = models.PositiveBigIntegerField(null=True, blank=True)
    last_sequence = models.PositiveBigIntegerField(null=True, blank=True)
    size_after = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cohort", "number"], name="group_once_per_cohort"),
        ]

    def __str__(self) -> str:
        return f"group {self.number} of {self.cohort_id}"

    @property
    def skipped(self) -> int:
        return self.skipped_unknown + self.skipped_identified


class ImportRun(models.Model):
    """One request or sync. With a `sequence` it changed the membership by its two bitmaps, which
    are the net change: `added_bits` were not members before, `removed_bits` were. `absent_bits`
    were to be removed and were not in: whoever re-applies must know that they were spoken of.
    A run without a group is its own `first_of_group`."""

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
    # Without a constraint, which every run would pay for: a group goes only with its cohort.
    group = models.ForeignKey(
        RunGroup,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    first_of_group = models.BooleanField(default=True)
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
    absent_bits = models.BinaryField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cohort", "sequence"], name="run_place_once"),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="run_by_workspace"),
            models.Index(fields=["cohort", "-id"], name="run_by_cohort"),
            models.Index(
                fields=["workspace", "-id"],
                condition=models.Q(first_of_group=True),
                name="run_first_by_workspace",
            ),
            models.Index(
                fields=["cohort", "-id"],
                condition=models.Q(first_of_group=True),
                name="run_first_by_cohort",
            ),
            models.Index(
                fields=["workspace", "at"],
                condition=models.Q(first_of_group=True),
                name="run_first_by_time",
            ),
            models.Index(
                fields=["workspace", "-id"],
                condition=models.Q(skipped_list__isnull=False),
                name="run_with_skips",
            ),
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


class DataPoints(models.Model):
    """What one source cost in one cohort on one day of the workspace: a data point for each user
    added or removed (product.md 3.3). Moved in the statement that writes a run. `syncs` are the
    groups and pulls, and `resent` the members that these would have sent had each sent its whole
    list. Kept longer than runs, keys and cohorts: it refers to none of them by a foreign key."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    partner = models.SlugField(max_length=40)
    cohort_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=ImportRun.Kind)
    key = models.PositiveBigIntegerField(default=0)  # 0: none
    added = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    syncs = models.PositiveBigIntegerField(default=0)
    resent = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "day", "partner", "cohort_id", "kind", "key"],
                name="data_points_once_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.partner}/{self.cohort_id} {self.kind}"


class Reapplication(models.Model):
    """Skipped identifiers of a cohort, or of one of its runs, looked up once more in the
    background. `position` is the last run that was read, the bits are who is wanted so far: who
    was named by an external id, and who by an alias or a device. Both move together."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", pgettext_lazy("re-apply", "Running")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", pgettext_lazy("re-apply", "Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="reapplications")
    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveBigIntegerField(default=0)
    runs = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    by_external_id = models.BinaryField(null=True, blank=True)
    by_others = models.BinaryField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    found = models.PositiveBigIntegerField(default=0)
    added = models.PositiveBigIntegerField(default=0)
    import_run = models.ForeignKey(
        ImportRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cohort"],
                condition=models.Q(state__in=["queued", "running"]),
                name="reapplication_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"re-apply of {self.cohort_id}: {self.state}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)
