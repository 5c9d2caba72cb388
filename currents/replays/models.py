"""Replays of a Current: what is sent once more (or, of what came before the launch, for the first
time), and how far it is. Knows Currents; events are named by their sequence in the log.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from braze_partners.workspaces.models import Account
from currents.models import Current


class Replay(models.Model):
    """Of the log's events in [`position`, `end_sequence`) nothing was done yet, but for those in
    `done_ahead`. `total` is what was counted before the start; `first_delivered` of the delivered
    had not been delivered before. `left` are those that stayed as they were: their id is over its
    daily quota. `due_at` is when it goes on, where it waits for something; `words` say for what.
    """

    class Kind(models.TextChoices):
        DEAD_LETTERS = "dead_letters", _("Dead letters")
        DROPPED = "dropped", _("Dropped events")
        WINDOW = "window", _("A window of time")
        BACKFILL = "backfill", _("Backfill")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    current = models.ForeignKey(
        Current, on_delete=models.CASCADE, related_name="replays", db_index=False
    )
    kind = models.CharField(max_length=12, choices=Kind)
    cause = models.CharField(max_length=200, blank=True)
    event_types = models.JSONField(default=list)
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    first_sequence = models.PositiveBigIntegerField()
    end_sequence = models.PositiveBigIntegerField()
    position = models.PositiveBigIntegerField()
    done_ahead = models.JSONField(default=list)
    total = models.PositiveBigIntegerField()
    delivered = models.PositiveBigIntegerField(default=0)
    first_delivered = models.PositiveBigIntegerField(default=0)
    dead = models.PositiveBigIntegerField(default=0)
    filtered = models.PositiveBigIntegerField(default=0)
    left = models.PositiveBigIntegerField(default=0)
    gone = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    words = models.CharField(max_length=400, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["current"],
                condition=models.Q(state="running"),
                name="one_running_replay_per_current",
            ),
        ]
        indexes = [models.Index(fields=["current", "-id"], name="replay_latest")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.current_id}: {self.state}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def done(self) -> int:
        return self.delivered + self.dead + self.filtered + self.left

    @property
    def share(self) -> float:
        """Of the log's span that lies behind it, 0 to 1: what was counted may be filtered now."""
        if not self.is_running:
            return 1.0
        length = self.end_sequence - self.first_sequence
        return (self.position - self.first_sequence) / length if length else 1.0
