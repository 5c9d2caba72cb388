"""Data import keys and REST API keys: what is stored of them, which is never the key itself."""

from __future__ import annotations

from django.db import models

from braze_partners.workspaces.models import Account, Workspace


class IssuedKey(models.Model):
    """What both kinds share. `digest` is a keyed hash (HMAC-SHA256) of the whole key."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True)
    prefix = models.CharField(max_length=12)
    last_four = models.CharField(max_length=4)
    label = models.CharField(max_length=80, blank=True)
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.GenericIPAddressField(null=True, blank=True)
    first_used_at = models.DateTimeField(null=True, blank=True)
    first_used_address = models.GenericIPAddressField(null=True, blank=True)
    invalidated_at = models.DateTimeField(null=True, blank=True)
    invalidated_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Set by a rotation: when, by what it was replaced, and until when it is valid all the same.
    rotated_at = models.DateTimeField(null=True, blank=True)
    successor = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ends_at = models.DateTimeField(null=True, blank=True)
    calls_since_rotation = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def masked(self) -> str:
        return f"{self.prefix}…{self.last_four}"


class DataImportKey(IssuedKey):
    """Bound to one workspace and one partner; the `client_secret` of the cohort import API."""

    partner = models.SlugField(max_length=40)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "partner", "-created_at"], name="import_key_list")
        ]

    def __str__(self) -> str:
        return self.masked


class RestApiKey(IssuedKey):
    """A Bearer key; `permissions` are names such as `users.track`, fixed at creation."""

    permissions = models.JSONField(default=list)
    allowed_addresses = models.JSONField(default=list, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-created_at"], name="rest_key_list")]

    def __str__(self) -> str:
        return self.masked


class KeyUse(models.Model):
    """How often a key was used in an hour, written at most once a minute per process."""

    class Kind(models.TextChoices):
        DATA_IMPORT = "import"
        REST = "rest"

    kind = models.CharField(max_length=6, choices=Kind)
    key_id = models.BigIntegerField()
    hour = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key_id", "hour"], name="key_use_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key_id} {self.hour}"
