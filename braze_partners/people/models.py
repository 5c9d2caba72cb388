"""User profiles: who they are (identities), their dense numbers, what is known of them.

Knows workspaces; knows nothing of cohorts, segments or events. On PostgreSQL the unique
constraints of identities also carry the number (migration 0002), which Django can't say for both
databases at once. Foreign keys that begin a unique constraint have no second index of their own.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from braze_partners.people.byte_order import InBytes, Written
from braze_partners.workspaces.models import Account, Workspace


class Subscription(models.TextChoices):
    OPTED_IN = "opted_in", _("Opted In")
    SUBSCRIBED = "subscribed", _("Subscribed")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")


class NumberCounter(models.Model):
    """The next free number of a workspace; moved in the transaction that uses it, so no gaps."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True)
    next = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.next}"


class PeopleSet(models.Model):
    """An exact set of numbers of a workspace, in blocks of 1,048,576, as roaring bitmaps.

    `version` is a random token, new with each write, so that bits kept in memory under it can
    never be taken for others.
    """

    class Kind(models.TextChoices):
        DELETED = "deleted"
        ANONYMOUS = "anonymous"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    block = models.PositiveIntegerField()
    version = models.BigIntegerField()
    bits = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "block"], name="people_set_block"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.workspace_id}/{self.block}"


class Profile(models.Model):
    """One person of a workspace. Without `external_id` they are anonymous or alias-only.

    `updated_at` is when something of the person was last written; None for as they were made.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="profiles", db_index=False
    )
    number = models.PositiveBigIntegerField()
    braze_id = models.CharField(max_length=24)
    external_id = models.CharField(max_length=997, null=True, blank=True)
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
    first_session_at = models.DateTimeField(null=True, blank=True)
    last_session_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(null=True, blank=True)
    last_active_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="profile_number"),
            models.UniqueConstraint(fields=["workspace", "braze_id"], name="profile_braze_id"),
            models.UniqueConstraint(
                fields=["workspace", "external_hash", "external_id"], name="profile_external_id"
            ),
        ]
        indexes = [
            models.Index(
                *("workspace", InBytes("external_id"), "number"),
                condition=models.Q(external_id__isnull=False),
                name="profile_by_external_id",
            ),
            models.Index(
                *("workspace", InBytes(Lower("email")), "number"),
                condition=~models.Q(email=""),
                name="profile_by_email",
            ),
            models.Index(
                *("workspace", InBytes("phone"), "number"),
                condition=~models.Q(phone=""),
                name="profile_by_phone",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or self.braze_id


class Alias(models.Model):
    """`number` repeats the profile's, so that an import is answered by the index alone."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="aliases")
    number = models.PositiveBigIntegerField()
    label = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    hash = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "hash", "label", "name"], name="alias_once"
            ),
        ]
        indexes = [
            models.Index(
                *("workspace", InBytes(Written("label", "name")), "number"), name="alias_by_text"
            ),
            models.Index(*("workspace", InBytes("name"), "number"), name="alias_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.label}:{self.name}"


class Device(models.Model):
    """`number` repeats the profile's, so that an import is answered by the index alone."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="devices")
    number = models.PositiveBigIntegerField()
    device_id = models.CharField(max_length=255)
    hash = models.BigIntegerField()
    push_enabled = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "hash", "device_id"], name="device_once"),
        ]
        indexes = [
            models.Index(*("workspace", InBytes("device_id"), "number"), name="device_by_id"),
        ]

    def __str__(self) -> str:
        return self.device_id


class MergedProfile(models.Model):
    """Somebody who became part of `profile`: their retired number and Braze id; goes with it."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="merged")
    number = models.PositiveBigIntegerField()
    braze_id = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="merged_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.number}"


class Attribute(models.Model):
    """The name of a custom attribute of a workspace, with the type it was first seen with."""

    class Type(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        BOOLEAN = "boolean"
        DATE = "date"
        ARRAY = "array"
        OBJECT = "object"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=8, choices=Type)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="attribute_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def column(self) -> str:
        """Where AttributeValue holds the values of this attribute."""
        return "json" if self.type in (self.Type.ARRAY, self.Type.OBJECT) else self.type


class AttributeValue(models.Model):
    """One typed value; exactly the column of the attribute's type is set."""

    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="values")
    profile = models.ForeignKey(
        Profile, on_delete=models.CASCADE, related_name="attributes", db_index=False
    )
    text = models.TextField(null=True, blank=True)
    number = models.FloatField(null=True, blank=True)
    boolean = models.BooleanField(null=True, blank=True)
    date = models.DateTimeField(null=True, blank=True)
    json = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["profile", "attribute"], name="attribute_value_once"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute_id} of {self.profile_id}"

    @property
    def value(self) -> Any:
        """Asks for the attribute, which a query should bring along."""
        return getattr(self, self.attribute.column)


class PeopleImport(models.Model):
    """One CSV of people: uploaded, previewed, then imported in the background by line.

    `offset` (bytes of the unpacked file) and the counts move in the transaction that writes the
    people, so an import that was killed goes on where it was and counts nothing twice.
    """

    class State(models.TextChoices):
        PREVIEW = "preview", _("Preview")
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, blank=True)
    file_name = models.CharField(max_length=255)
    path = models.CharField(max_length=500)
    size = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.PREVIEW)
    offset = models.PositiveBigIntegerField(default=0)
    read_share = models.FloatField(default=0)
    lines = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    created = models.PositiveBigIntegerField(default=0)
    updated = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="people_import_latest")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"


class PeopleImportProblem(models.Model):
    """A line that was refused, and why; the first of them are kept (limits.py says how many)."""

    people_import = models.ForeignKey(
        PeopleImport, on_delete=models.CASCADE, related_name="problems"
    )
    line = models.PositiveBigIntegerField()
    column = models.CharField(max_length=255, blank=True)
    text = models.CharField(max_length=400)

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class ProfileChange(models.Model):
    """Whose profile changed in one transaction, and which facets; written by that transaction and
    taken away when it is folded into a generation (changed.py)."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    facets = models.JSONField()
    bits = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.facets}"


class ChangeHead(models.Model):
    """What was committed before `as_of` is in the generations up to `generation`."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True)
    generation = models.PositiveBigIntegerField(default=0)
    as_of = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.generation}"


class ChangedFacet(models.Model):
    """Whose facet changed in one generation; kept until every answer has taken it in."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    generation = models.PositiveBigIntegerField()
    facet = models.CharField(max_length=40)
    bits = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "generation", "facet"], name="changed_facet_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}/{self.generation}: {self.facet}"


class Answer(models.Model):
    """For whom a question about profiles is true, kept and brought forward by what changes.

    Until `built` of its `blocks` are all, it is being counted for the first time. `generation` is
    the last one it has taken in; `used_at` is late by an hour at most.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=32)
    question = models.TextField()
    generation = models.PositiveBigIntegerField()
    blocks = models.PositiveIntegerField()
    built = models.PositiveIntegerField(default=0)
    ready = models.BooleanField(default=False)
    used_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="answer_once"),
        ]

    def __str__(self) -> str:
        return self.question


class AnswerBlock(models.Model):
    """`version` is a random token, new with each write, as of PeopleSet."""

    answer = models.ForeignKey(
        Answer, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    block = models.PositiveIntegerField()
    version = models.BigIntegerField()
    bits = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["answer", "block"], name="answer_block_once"),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id}/{self.block}"
