"""Answers to creating calls, remembered for a day under the caller's Idempotency-Key."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class RememberedAnswer(models.Model):
    """One creating call of one REST key. Without a `status` it is still in progress. `body` holds
    no secret: what an endpoint names as such is null in it."""

    workspace = models.ForeignKey("workspaces.Workspace", models.CASCADE, related_name="+")
    caller = models.BigIntegerField()
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    begun_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "caller", "key"], name="remembered_answer_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["begun_at"], name="remembered_by_age")]

    def __str__(self) -> str:
        return f"{self.key} of {self.caller}"
