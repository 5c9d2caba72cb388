"""What is set for the whole project: further keys and the faults that are on."""

from __future__ import annotations

from django.db import models


class ProjectKey(models.Model):
    """A further API key of the project, encrypted; its page shows it again, as Amplitude's does."""

    label = models.CharField(max_length=100)
    encrypted_key = models.BinaryField()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sandbox"
        ordering = ["created_at", "id"]


class Fault(models.Model):
    """A fault that is switched on; `options` are those of its kind, `share` the part that fails."""

    kind = models.CharField(primary_key=True, max_length=30)
    share = models.FloatField(default=1.0)
    options = models.JSONField(default=dict)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    hits = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "sandbox"
        ordering = ["since", "kind"]
