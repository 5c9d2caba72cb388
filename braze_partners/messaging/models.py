"""Campaigns and Canvases: what they are called, whom they target, a Canvas's steps and variants.

Knows segments and cohorts, which it protects by foreign keys; knows nothing of sending.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from braze_partners.workspaces.models import Account, Workspace
from cohorts.models import Cohort
from cohorts.segments.models import Segment, Tag


class Channel(models.TextChoices):
    EMAIL = "email", _("Email")
    PUSH = "push", _("Push Notification")
    IN_APP_MESSAGE = "in_app_message", _("In-App Message")
    CONTENT_CARD = "content_card", _("Content Card")
    SMS = "sms", _("SMS/MMS")
    WEBHOOK = "webhook", _("Webhook")


class Outreach(models.Model):
    """A campaign or a Canvas.

    The audience is who is in all of the segments with a `position` (`uses_segments`) and matches
    `filters`, a definition as a segment has it; what that refers to stands beside it as rows with
    protecting foreign keys. A campaign has `channels`; a Canvas has those of its steps, variants,
    and a control group that gets nothing.
    """

    class Kind(models.TextChoices):
        CAMPAIGN = "campaign", _("Campaign")
        CANVAS = "canvas", _("Canvas")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("outreach", "Draft")
        ACTIVE = "active", pgettext_lazy("outreach", "Active")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="outreaches")
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, max_length=2000)
    state = models.CharField(max_length=6, choices=State, default=State.DRAFT)
    channels = models.JSONField(default=list)
    filters = models.JSONField(default=dict)
    control_share = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    tags = models.ManyToManyField(Tag, blank=True, related_name="outreaches")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    edited_at = models.DateTimeField()
    edited_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "name"], name="outreach_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OutreachSegment(models.Model):
    """An audience uses a segment, which therefore can't be deleted: chosen whole at `position`,
    or, where that is None, named by a filter only."""

    outreach = models.ForeignKey(Outreach, on_delete=models.CASCADE, related_name="uses_segments")
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="targeted_by")
    position = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outreach", "segment"], name="outreach_segment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.outreach_id} uses {self.segment_id}"


class OutreachCohort(models.Model):
    """A filter of an audience names a cohort, which therefore can't be deleted."""

    outreach = models.ForeignKey(Outreach, on_delete=models.CASCADE, related_name="uses_cohorts")
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="targeted_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outreach", "cohort"], name="outreach_cohort_once"),
        ]

    def __str__(self) -> str:
        return f"{self.outreach_id} uses {self.cohort_id}"


class CanvasStep(models.Model):
    """One message of a Canvas, in the order of `position`: for those who get one variant, or for
    everyone who gets any. Its id outlives edits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    canvas = models.ForeignKey(Outreach, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    channel = models.CharField(max_length=14, choices=Channel)
    variant = models.ForeignKey(
        "CanvasVariant", on_delete=models.CASCADE, null=True, blank=True, related_name="steps"
    )

    def __str__(self) -> str:
        return self.name


class CanvasVariant(models.Model):
    """A version of a Canvas that a share of its audience gets, in percent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    canvas = models.ForeignKey(Outreach, on_delete=models.CASCADE, related_name="variants")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    share = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(share__gte=1, share__lte=100), name="canvas_variant_share"
            ),
        ]

    def __str__(self) -> str:
        return self.name
