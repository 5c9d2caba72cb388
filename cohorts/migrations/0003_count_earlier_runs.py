"""Groups and data points of the runs that were there before either was kept."""

from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import migrations

PAUSE, LASTS = timedelta(minutes=10), timedelta(hours=24)
SUMS = ("received", "added", "removed", "unchanged", "skipped_unknown", "skipped_identified")
READ = (*SUMS, "id", "kind", "key_id", "at", "sequence", "size_after")
COUNTED = ("push", "pull", "undo", "reapply")


def count(apps, schema_editor):
    Cohort = apps.get_model("cohorts", "Cohort")
    for cohort in Cohort.objects.select_related("workspace").iterator(chunk_size=200):
        _count_cohort(apps, cohort)


def _count_cohort(apps, cohort):
    DataPoints, Run, Group = (
        apps.get_model("cohorts", name) for name in ("DataPoints", "ImportRun", "RunGroup")
    )
    zone = ZoneInfo(cohort.workspace.time_zone)
    days = defaultdict(lambda: {"added": 0, "removed": 0, "syncs": 0, "resent": 0})
    group, members, followers = None, [], []
    placed = Run.objects.filter(cohort=cohort, size_after__isnull=False).exclude(kind="name")
    for row in placed.order_by("id").values(*READ).iterator(chunk_size=2_000):
        pushes, goes_on = row["kind"] == "push", False
        if pushes:
            goes_on = group is not None and _goes_on(group, cohort, row)
            if not goes_on:
                _keep(Group, Run, group, members, followers)
                group = _begun(Group, cohort, row)
                members, followers = [], []
            else:
                followers.append(row["id"])
                _join(group, row)
            members.append(row["id"])
        elif row["kind"] not in ("deletion", "merge"):
            cohort.group_last_at = None
        if row["kind"] in COUNTED:
            day = row["at"].astimezone(zone).date()
            _spend(days[day, row["kind"], row["key_id"] or 0], row, goes_on)
    _keep(Group, Run, group, members, followers)
    cohort.save()
    DataPoints.objects.bulk_create(
        DataPoints(
            workspace_id=cohort.workspace_id, partner=cohort.partner, cohort_id=cohort.cohort_id,
            day=day, kind=kind, key=key, **counts,
        )
        for (day, kind, key), counts in days.items()
    )


def _goes_on(group, cohort, row):
    return (
        cohort.group_last_at is not None
        and cohort.group_key == (row["key_id"] or 0)
        and row["at"] - cohort.group_last_at <= PAUSE
        and row["at"] - group.began_at < LASTS
    )


def _begun(Group, cohort, row):
    cohort.group_number += 1
    cohort.group_key, cohort.group_began_at = row["key_id"] or 0, row["at"]
    cohort.group_last_at = row["at"]
    group = Group(cohort=cohort, number=cohort.group_number, began_at=row["at"], last_at=row["at"])
    group.runs = 0
    _join(group, row)
    return group


def _join(group, row):
    for name in SUMS:
        setattr(group, name, getattr(group, name) + row[name])
    group.runs += 1
    group.last_at = group.cohort.group_last_at = row["at"]
    group.size_after = row["size_after"]
    if row["sequence"] is not None:
        group.first_sequence = group.first_sequence or row["sequence"]
        group.last_sequence = row["sequence"]


def _keep(Group, Run, group, members, followers):
    if group is None:
        return
    group.save()
    for start in range(0, len(members), 500):
        Run.objects.filter(pk__in=members[start : start + 500]).update(group_id=group.pk)
    for start in range(0, len(followers), 500):
        some = followers[start : start + 500]
        Run.objects.filter(pk__in=some).update(first_of_group=False)


def _spend(counts, row, goes_on):
    counts["added"] += row["added"]
    counts["removed"] += row["removed"]
    if row["kind"] in ("push", "pull"):
        counts["syncs"] += 0 if goes_on else 1
        counts["resent"] += row["added"] - row["removed"] if goes_on else row["size_after"]


class Migration(migrations.Migration):
    dependencies = [("cohorts", "0002_groups_and_data_points")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
