"""What the dashboard itself remembers: which pages of the stories someone has seen, and whether the
demo's events flow."""

from __future__ import annotations

from django.db import models

from braze_partners.workspaces.models import Account, Workspace


class Visit(models.Model):
    """The first time an account opened the page that a step of the story leads to."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "account", "page"], name="visit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} opened {self.page}"


class EventFlow(models.Model):
    """Demo events that flow by themselves until a time. `made_until` is up to when they were made:
    who moves it makes those of the time between."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()
    made_until = models.DateTimeField()
    made = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.workspace_id} until {self.until}"
