"""The plain twin of placing's one statement, for SQLite: the same in a transaction that is alone.
Knows rows; only placing calls it."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from cohorts.models import Cohort, DataPoints, RunGroup

_SUMS = ("received", "added", "removed", "unchanged", "skipped_unknown", "skipped_identified")


def place(values: dict[str, Any], columns: str, fields: str) -> tuple[int, int] | None:
    """The run's id and the size after it; None where the cohort stands elsewhere."""
    with transaction.atomic():
        cohort = Cohort.objects.filter(
            pk=values["cohort"], sequence=values["sequence"], deletions=values["deletions"]
        ).first()
        if cohort is None:
            return None
        goes_on = _goes_on(cohort, values)
        _move(cohort, values, goes_on)
        place_in = cohort.sequence if values["step"] else None
        group = _grouped(cohort, values, place_in) if values["pushes"] else None
        if values["counts"] and (values["step"] or not goes_on):
            _count(cohort, values, goes_on)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO cohorts_importrun (cohort_id, sequence, size_after, group_id,"
                f" first_of_group, {columns}) VALUES (%(cohort)s, %(place)s, %(size)s, %(group)s,"
                f" %(first)s, {fields}) RETURNING id",
                values
                | {"place": place_in, "size": cohort.size, "group": group, "first": not goes_on},
            )
            return cursor.fetchone()[0], cohort.size


def _goes_on(cohort: Cohort, values: dict[str, Any]) -> bool:
    if not values["pushes"] or cohort.group_last_at is None or cohort.group_began_at is None:
        return False
    within = cohort.group_last_at >= values["group_since"]
    young = cohort.group_began_at > values["group_began_since"]
    return within and young and cohort.group_key == values["group_key"]


def _move(cohort: Cohort, values: dict[str, Any], goes_on: bool) -> None:
    cohort.sequence += values["step"]
    cohort.size += values["growth"]
    cohort.last_run_at = values["at"]
    if values["pushes"]:
        cohort.group_key, cohort.group_last_at = values["group_key"], values["at"]
        if not goes_on:
            cohort.group_number += 1
            cohort.group_began_at = values["at"]
    elif values["ends"]:
        cohort.group_last_at = None
    moved = ("sequence", "size", "last_run_at")
    cohort.save(
        update_fields=[*moved, "group_number", "group_key", "group_began_at", "group_last_at"]
    )


def _grouped(cohort: Cohort, values: dict[str, Any], place_in: int | None) -> int:
    group, made = RunGroup.objects.get_or_create(
        cohort=cohort,
        number=cohort.group_number,
        defaults={
            **{name: values[name] for name in _SUMS},
            "began_at": values["at"],
            "last_at": values["at"],
            "first_sequence": place_in,
            "last_sequence": place_in,
            "size_after": cohort.size,
        },
    )
    if not made:
        RunGroup.objects.filter(pk=group.pk).update(
            **{name: F(name) + values[name] for name in _SUMS},
            last_at=Greatest("last_at", values["at"]),
            runs=F("runs") + 1,
            first_sequence=Coalesce("first_sequence", place_in),
            last_sequence=place_in or F("last_sequence"),
            size_after=cohort.size,
        )
    return group.pk


def _count(cohort: Cohort, values: dict[str, Any], goes_on: bool) -> None:
    syncs = int(values["syncs"] and not goes_on)
    resent = 0
    if values["syncs"]:
        resent = values["growth"] if goes_on else cohort.size
    counts = {
        "added": values["added"],
        "removed": values["removed"],
        "syncs": syncs,
        "resent": resent,
    }
    row, made = DataPoints.objects.get_or_create(
        workspace_id=cohort.workspace_id,
        day=values["day"],
        partner=cohort.partner,
        cohort_id=cohort.cohort_id,
        kind=values["kind"],
        key=values["group_key"],
        defaults=counts,
    )
    if not made:
        DataPoints.objects.filter(pk=row.pk).update(
            **{name: F(name) + more for name, more in counts.items()}
        )
