"""Pull schedules and sync runs as /api/v1/ shows and takes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from braze_partners.workspaces.workspace_settings import time_zones
from cohorts.limits import MAX_COHORT_ID_CHARACTERS, MAX_NAME_CHARACTERS
from cohorts.syncing import sentences
from cohorts.syncing.limits import HOLD_PERCENT
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.states import State

HOLD_HELP = "Percent of the cohort above which a change is held; null holds nothing."


class TimingSerializer(serializers.Serializer[Any]):
    """When a cohort is pulled. `hour` counts for daily, `minute` for hourly and daily."""

    cadence = serializers.ChoiceField(choices=PullSchedule.Cadence.choices)
    minute = serializers.IntegerField(min_value=0, max_value=59, default=0)
    hour = serializers.IntegerField(min_value=0, max_value=23, default=0)
    time_zone = serializers.CharField(default="UTC", max_length=64, help_text="As Europe/Paris.")
    hold_percent = serializers.IntegerField(
        min_value=0, max_value=100, allow_null=True, default=HOLD_PERCENT, help_text=HOLD_HELP
    )
    email = serializers.EmailField(
        default="", allow_blank=True, help_text="Told when it begins to fail and when it recovers."
    )

    def validate_time_zone(self, zone: str) -> str:
        if zone not in time_zones():
            raise serializers.ValidationError("There is no such time zone.")
        return zone


class NewSyncSerializer(TimingSerializer):
    project = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    cohort_id = serializers.CharField(
        max_length=MAX_COHORT_ID_CHARACTERS, help_text="The cohort's id at Amplitude."
    )
    name = serializers.CharField(
        max_length=MAX_NAME_CHARACTERS,
        required=False,
        default="",
        allow_blank=True,
        help_text="Its name here; without it the one that the project's list has.",
    )


class SyncSerializer(serializers.Serializer[PullSchedule]):
    id = serializers.IntegerField(source="pk")
    cohort = serializers.IntegerField(source="cohort_id")
    cohort_label = serializers.CharField(source="cohort.label")
    cohort_id = serializers.CharField(source="remote_id", help_text="At Amplitude.")
    project = serializers.IntegerField(source="project_id")
    cadence = serializers.ChoiceField(choices=PullSchedule.Cadence.choices)
    minute = serializers.IntegerField()
    hour = serializers.IntegerField()
    time_zone = serializers.CharField()
    hold_percent = serializers.IntegerField(allow_null=True, help_text=HOLD_HELP)
    email = serializers.CharField()
    created_at = serializers.DateTimeField()
    paused_at = serializers.DateTimeField(allow_null=True)
    pause_reason = serializers.CharField(help_text="Empty, person or undo.")
    next_due_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    downloads_a_month = serializers.SerializerMethodField(
        help_text="In 30 days; most plans of Amplitude allow a project 500."
    )

    def get_downloads_a_month(self, schedule: PullSchedule) -> int:
        return sentences.A_MONTH[schedule.cadence]


class SyncRunSerializer(serializers.Serializer[SyncRun]):
    """received = added + unchanged + skipped, with removed beside it."""

    id = serializers.IntegerField(source="pk")
    sync = serializers.IntegerField(source="schedule_id", allow_null=True)
    cohort = serializers.IntegerField(source="cohort_id")
    mode = serializers.ChoiceField(choices=SyncRun.Mode.choices)
    state = serializers.ChoiceField(choices=State.choices)
    scheduled = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    attempts = serializers.IntegerField(help_text="Failures within the run.")
    error = serializers.CharField()
    error_code = serializers.CharField()
    hold_reason = serializers.CharField(help_text="Empty, share or preview.")
    received = serializers.IntegerField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    skipped = serializers.IntegerField()
    rows_without_user_id = serializers.IntegerField(source="nameless")
    size_before = serializers.IntegerField(allow_null=True)
    size_after = serializers.IntegerField(allow_null=True)
    can_be_applied = serializers.BooleanField(help_text="A dry run whose difference is kept.")
    import_run = serializers.IntegerField(source="import_run_id", allow_null=True)


class ChangedPersonSerializer(serializers.Serializer[Any]):
    identifier = serializers.CharField()
    kind = serializers.CharField()
    braze_id = serializers.CharField()


class UndoPreviewSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="pull or push.")
    put_back = serializers.IntegerField()
    taken_out = serializers.IntegerField()


class UndoneSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    size = serializers.IntegerField()
