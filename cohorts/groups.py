"""Pushes to one cohort with one key that follow each other: the group they form, and what was done
to a cohort last as a whole. Reads rows; who is in is told by membership.

A group is decided where its runs are written (placing): a push goes on with the group before it
unless ten minutes have passed, the key is another, or something else came between (a pull, an
undo, a re-apply). Deletions and merges of people come between unnoticed. A group ends after a day,
so that a partner who never pauses has finished ones too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from pyroaring import BitMap

from cohorts import bitmaps
from cohorts.bitmaps import Delta
from cohorts.limits import GROUP_LASTS, GROUP_PAUSE
from cohorts.models import Cohort, ImportRun, RunGroup
from cohorts.placing import KEEPS_GROUP

_RUNS = """
SELECT sequence, added_bits, removed_bits FROM cohorts_importrun
 WHERE cohort_id = %s AND sequence BETWEEN %s AND %s AND kind = %s ORDER BY sequence
"""


@dataclass(frozen=True, slots=True)
class LastAct:
    """What changed a cohort last as a whole: a group of pushes, or one run of another kind.
    `first` to `last` are places of runs; deletions and merges of people may stand between and
    after them. `ended_at` is when it was last gone on with."""

    kind: ImportRun.Kind
    first: int
    last: int
    ended_at: datetime
    finished: bool
    run_id: int
    group_id: int | None = None


def last_act(cohort_id: int, now: datetime) -> LastAct | None:
    """None for a cohort that nobody has changed."""
    changing = ImportRun.objects.filter(cohort=cohort_id, sequence__isnull=False)
    run = (
        changing.exclude(kind__in=KEEPS_GROUP)
        .only("id", "sequence", "kind", "at", "group", "cohort")
        .order_by("-sequence")
        .first()
    )
    if run is None or run.sequence is None:
        return None
    kind = ImportRun.Kind(run.kind)
    groups = RunGroup.objects.select_related("cohort")
    group = groups.filter(pk=run.group_id).first() if run.group_id else None
    if group is None or group.first_sequence is None:
        return LastAct(kind, run.sequence, run.sequence, run.at, True, run.pk)
    return LastAct(
        kind,
        group.first_sequence,
        run.sequence,
        group.last_at,
        finished(group, group.cohort, now),
        run.pk,
        group.pk,
    )


def last_finished(cohort_id: int, now: datetime) -> LastAct | None:
    """The last finished group or pull of a cohort; None where there is none, or where a group
    still goes on, or where the last act was an undo or a re-apply."""
    act = last_act(cohort_id, now)
    if act is None or not act.finished:
        return None
    return act if act.kind in (ImportRun.Kind.PUSH, ImportRun.Kind.PULL) else None


def net_change(cohort_id: int, act: LastAct) -> Delta:
    """What the runs of an act did together, against the members before the first of them: whoever
    came and went again within it is in neither set. Deletions and merges between are left out."""
    rows = bitmaps.fetch(_RUNS, [cohort_id, act.first, act.last, str(act.kind)])
    touched, added = BitMap(), BitMap()
    for _, adds, removes in rows:
        came, went = bitmaps.decode(adds), bitmaps.decode(removes)
        touched ^= came | went
        added = (added - went) | came
    return Delta(touched & added, touched - added)


def finished(group: RunGroup, cohort: Cohort, now: datetime) -> bool:
    """Whether no push can go on with it any more."""
    latest = cohort.group_number == group.number and cohort.group_last_at is not None
    return not latest or now - group.last_at > GROUP_PAUSE or now - group.began_at >= GROUP_LASTS


def runs_of(group: RunGroup) -> QuerySet[ImportRun]:
    """Its runs, by the range of ids between its first and the first of the next in its cohort:
    no index of their own, which every run would pay for."""
    firsts = ImportRun.objects.filter(cohort=group.cohort_id, first_of_group=True)
    runs = ImportRun.objects.filter(cohort=group.cohort_id, group=group)
    first = firsts.filter(group=group).values_list("pk", flat=True).first()
    if first is None:
        return runs.none()
    next_group = firsts.filter(pk__gt=first, group__isnull=False).order_by("pk")
    following = next_group.values_list("pk", flat=True).first()
    runs = runs.filter(pk__gte=first)
    return runs if following is None else runs.filter(pk__lt=following)


def by_id(group_ids: Iterable[int | None]) -> dict[int, RunGroup]:
    return RunGroup.objects.in_bulk([pk for pk in group_ids if pk is not None])
