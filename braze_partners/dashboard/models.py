"""What the dashboard itself remembers: which pages of the first-steps story someone has seen."""

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
