"""Tells webhooks of cohorts that have changed, and of pull syncs that have finished, by reading
what was written since. Knows runs, groups and syncs; webhooks keep whom to tell.

A push cannot tell by itself when its group is over, and must not be slowed; so a job reads on from
where it was. What is not over yet is read again next time: a key makes telling it twice harmless.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from braze_partners.webhooks import noting
from braze_partners.webhooks.kinds import Kind
from cohorts import groups
from cohorts.models import Cohort, ImportRun, RunGroup

AT_ONCE = 1_000  # rows that are read together
# A run's id is no promise that smaller ones are there already: so long after it, they are.
SETTLED = timedelta(minutes=5)


def tell_changes(now: datetime) -> int:
    """How many changes were told."""
    wanting = noting.workspaces_wanting(Kind.COHORT_CHANGED)
    noting.forget_positions(Kind.COHORT_CHANGED, wanting)
    return sum(_tell_workspace(workspace_id, now) for workspace_id in sorted(wanting))


def _tell_workspace(workspace_id: int, now: datetime) -> int:
    """Whole acts, in the order of their first runs."""
    firsts = ImportRun.objects.filter(workspace=workspace_id, first_of_group=True)
    newest = firsts.aggregate(newest=Max("pk"))["newest"] or 0
    begin = noting.position(workspace_id, Kind.COHORT_CHANGED, newest)
    bits = ("added_bits", "removed_bits", "absent_bits", "skipped_list")
    rows = firsts.select_related("cohort").defer(*bits).order_by("pk")
    told, passed, all_over = 0, begin, True
    while runs := list(rows.filter(pk__gt=begin)[:AT_ONCE]):
        begin = runs[-1].pk
        known = noting.told(workspace_id, [_key(run) for run in runs])
        by_id = groups.by_id(run.group_id for run in runs)
        for run in runs:
            group = by_id.get(run.group_id) if run.group_id else None
            over = group is None or not run.cohort or groups.finished(group, run.cohort, now)
            if over and _key(run) not in known:
                told += _tell(run, group, now)
            all_over = all_over and over and run.at < now - SETTLED
            passed = run.pk if all_over else passed
    noting.move_on(workspace_id, Kind.COHORT_CHANGED, passed)
    return told


def _key(run: ImportRun) -> str:
    return f"run:{run.pk}"


def _tell(run: ImportRun, group: RunGroup | None, now: datetime) -> bool:
    act = group or run
    if run.cohort is None or not (act.added or act.removed):
        return False
    data = {
        **_cohort(run.cohort),
        "kind": run.kind,
        "runs": group.runs if group else 1,
        "first_run": run.pk,
        "began_at": (group.began_at if group else run.at).isoformat(),
        "ended_at": (group.last_at if group else run.at).isoformat(),
        "received": act.received,
        "added": act.added,
        "removed": act.removed,
        "unchanged": act.unchanged,
        "skipped": act.skipped_unknown + act.skipped_identified,
        "size": act.size_after,
    }
    noting.note(run.workspace_id, Kind.COHORT_CHANGED, data, now, _key(run))
    return True


def _cohort(cohort: Cohort) -> dict[str, object]:
    return {
        "cohort": cohort.pk,
        "partner": cohort.partner,
        "cohort_id": cohort.cohort_id,
        "name": cohort.name,
    }
