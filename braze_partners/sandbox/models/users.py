"""Users and their devices, as events, people and scripts made them."""

from __future__ import annotations

from django.db import models

from braze_partners.sandbox.limits import STRING_LENGTH


class AmplitudeUser(models.Model):
    """One user as Amplitude knows them; anonymous when there is only a device."""

    amplitude_id = models.BigAutoField(primary_key=True)
    user_id = models.CharField(max_length=STRING_LENGTH, unique=True, null=True)
    device_id = models.CharField(max_length=STRING_LENGTH, db_index=True, null=True)
    properties = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "sandbox"
        ordering = ["amplitude_id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user_id__isnull=False) | models.Q(device_id__isnull=False),
                name="user_has_an_identifier",
            )
        ]

    def __str__(self) -> str:
        return self.user_id or self.device_id or str(self.amplitude_id)


class UserDevice(models.Model):
    """Whom a device belongs to: the user who was last seen on it."""

    device_id = models.CharField(primary_key=True, max_length=STRING_LENGTH)
    user = models.ForeignKey(AmplitudeUser, on_delete=models.CASCADE, related_name="devices")

    class Meta:
        app_label = "sandbox"
