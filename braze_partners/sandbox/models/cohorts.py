"""Cohorts with their members, sizes and the files that were asked for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from braze_partners.sandbox.limits import DESCRIPTION_LENGTH
from braze_partners.sandbox.models.users import AmplitudeUser


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
    description = models.CharField(max_length=DESCRIPTION_LENGTH, default="")
    owner = models.CharField(max_length=200, default="")
    published = models.BooleanField(default=True)
    archived = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    computed_at = models.DateTimeField(null=True)

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


class CohortFile(models.Model):
    """One request for a cohort's members as a file, and the file once it is written.

    It is not begun before `due_at`: computing a cohort takes its time at Amplitude too.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("In progress")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Failed")

    id = models.CharField(primary_key=True, max_length=12)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="files")
    with_properties = models.BooleanField(default=False)
    property_names = models.JSONField(default=list)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField(db_index=True)
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)  # unpacked; it is stored with gzip
    stored_bytes = models.PositiveBigIntegerField(default=0)
    downloads = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, default="")

    class Meta:
        app_label = "sandbox"
        ordering = ["-asked_at", "-id"]
