"""Amplitude projects that a workspace reads from, with their credentials encrypted, and what came
of asking them for their cohorts. Knows workspaces; knows no cohort of ours."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from braze_partners.partners.amplitude.hosts import Region
from braze_partners.workspaces.models import Account, Workspace


class Verdict(models.TextChoices):
    """What came of a question to a project. Sentences are project_words.py's."""

    ACCEPTED = "accepted", _("Accepted")
    UNAUTHORIZED = "unauthorized", _("Refused")
    FORBIDDEN = "forbidden", _("Forbidden")
    THROTTLED = "throttled", _("Throttled")
    TOO_LARGE = "too_large", _("Too large")
    TIMEOUT = "timeout", _("Time-out")
    CONNECTION = "connection", _("No connection")
    DNS = "dns", _("Unknown host")
    GARBAGE = "garbage", _("Not HTTP")
    SERVER_ERROR = "server_error", _("Server error")
    UNEXPECTED = "unexpected", _("Unexpected answer")
    NO_HOST = "no_host", _("No address")
    UNREADABLE = "unreadable", _("Unreadable")
    NOT_RUN = "not_run", _("Not run")


class AmplitudeProject(models.Model):
    """`fingerprint` names the project at Amplitude (region and API key) without giving either
    away: projects with the same one share Amplitude's limits, in whichever workspace they are.
    `checked_at` and what follows tell of the last question that ended; they are empty again after
    the keys have changed."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="amplitude_projects", db_index=False
    )
    name = models.CharField(max_length=120)
    region = models.CharField(max_length=8, choices=Region, default=Region.US)
    api_key = models.BinaryField()
    secret_key = models.BinaryField()
    api_key_hint = models.CharField(max_length=16)
    secret_key_hint = models.CharField(max_length=16)
    fingerprint = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    check_verdict = models.CharField(max_length=12, choices=Verdict, blank=True)
    cohorts_seen = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="amplitude_project_name"),
            models.UniqueConstraint(
                fields=["workspace", "fingerprint"], name="amplitude_project_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProjectCheck(models.Model):
    """One question to a project for the list of its cohorts: it proves the keys, and the list is
    what one chooses from. Taken under a lease, so that it runs once at a time."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")

    project = models.ForeignKey(
        AmplitudeProject, on_delete=models.CASCADE, related_name="checks", db_index=False
    )
    created_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=12, choices=Verdict, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    took_ms = models.PositiveIntegerField(null=True)
    words = models.CharField(max_length=400, blank=True)
    cohorts = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["state", "created_at"], name="project_check_due"),
            models.Index(fields=["project", "-id"], name="project_check_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.state}"

    @property
    def accepted(self) -> bool:
        return self.verdict == Verdict.ACCEPTED


class ProfileLookUp(models.Model):
    """One question to a project about one of its users: a job with a limit of seconds, whose answer
    is kept for minutes only, since it is all about a person."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"

    class Verdict(models.TextChoices):
        """What came of it. Sentences are look_up_words.py's."""

        FOUND = "found"
        UNKNOWN = "unknown"
        NOT_OFFERED = "not_offered"
        UNAUTHORIZED = "unauthorized"
        FORBIDDEN = "forbidden"
        THROTTLED = "throttled"
        TOO_LARGE = "too_large"
        TIMEOUT = "timeout"
        CONNECTION = "connection"
        DNS = "dns"
        GARBAGE = "garbage"
        SERVER_ERROR = "server_error"
        UNEXPECTED = "unexpected"
        NO_HOST = "no_host"
        UNREADABLE = "unreadable"
        NOT_RUN = "not_run"

    project = models.ForeignKey(
        AmplitudeProject, on_delete=models.CASCADE, related_name="look_ups", db_index=False
    )
    user_id = models.TextField(blank=True)
    device_id = models.TextField(blank=True)
    asked_hash = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=12, choices=Verdict, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    words = models.CharField(max_length=400, blank=True)
    properties = models.JSONField(default=dict)
    cohort_ids = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["state", "created_at"], name="profile_look_up_due"),
            models.Index(fields=["project", "asked_hash", "-id"], name="profile_look_up_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.state}"
