"""User profiles: who they are (identities), their dense numbers, what is known of them.

Knows workspaces; knows nothing of cohorts, segments or events.
"""

from __future__ import annotations

from django.db import models

from braze_partners.workspaces.models import Account, Workspace


class Subscription(models.TextChoices):
    OPTED_IN = "opted_in"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"


class NumberCounter(models.Model):
    """The next free number of a workspace; moved in the transaction that uses it, so no gaps."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True)
    next = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.next}"


class PeopleSet(models.Model):
    """An exact set of numbers of a workspace, in blocks of 1,048,576, as roaring bitmaps."""

    class Kind(models.TextChoices):
        DELETED = "deleted"
        ANONYMOUS = "anonymous"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    block = models.PositiveIntegerField()
    version = models.PositiveBigIntegerField(default=0)
    bits = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "block"], name="people_set_block"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.workspace_id}/{self.block}"


class Profile(models.Model):
    """One person of a workspace. Without `external_id` they are anonymous or alias-only."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="profiles")
    number = models.PositiveBigIntegerField()
    braze_id = models.CharField(max_length=24)
    external_id = models.CharField(max_length=997, null=True, blank=True)  # noqa: DJ001
    external_hash = models.BigIntegerField(null=True, blank=True)
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=255, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=8, blank=True)
    gender = models.CharField(max_length=10, blank=True)
    home_city = models.CharField(max_length=255, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    email_subscribe = models.CharField(max_length=12, choices=Subscription, default="subscribed")
    push_subscribe = models.CharField(max_length=12, choices=Subscription, default="subscribed")
    created_at = models.DateTimeField()
    last_active_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="profile_number"),
            models.UniqueConstraint(fields=["workspace", "braze_id"], name="profile_braze_id"),
            models.UniqueConstraint(
                fields=["workspace", "external_hash", "external_id"], name="profile_external_id"
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or self.braze_id


class Alias(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="aliases")
    label = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    hash = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "hash", "label", "name"], name="alias_once")
        ]

    def __str__(self) -> str:
        return f"{self.label}:{self.name}"


class Device(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="devices")
    device_id = models.CharField(max_length=255)
    hash = models.BigIntegerField()
    push_enabled = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "hash", "device_id"], name="device_once")
        ]

    def __str__(self) -> str:
        return self.device_id


class Attribute(models.Model):
    """The name of a custom attribute of a workspace, with the type it was first seen with."""

    class Type(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        BOOLEAN = "boolean"
        DATE = "date"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=8, choices=Type)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="attribute_once"),
        ]

    def __str__(self) -> str:
        return self.name


class AttributeValue(models.Model):
    """One typed value; exactly the column of the attribute's type is set."""

    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="values")
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="attributes")
    text = models.TextField(null=True, blank=True)  # noqa: DJ001
    number = models.FloatField(null=True, blank=True)
    boolean = models.BooleanField(null=True, blank=True)
    date = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["profile", "attribute"], name="attribute_value_once"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute_id} of {self.profile_id}"


class PeopleImport(models.Model):
    """One CSV of people: uploaded, previewed, then imported in the background by line."""

    class State(models.TextChoices):
        PREVIEW = "preview"
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETED = "completed"
        FAILED = "failed"
        CANCELLED = "cancelled"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, blank=True)
    file_name = models.CharField(max_length=255)
    path = models.CharField(max_length=500)
    size = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.PREVIEW)
    offset = models.PositiveBigIntegerField(default=0)
    lines = models.PositiveBigIntegerField(default=0)
    created = models.PositiveBigIntegerField(default=0)
    updated = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)
    errors = models.JSONField(default=list, blank=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"
