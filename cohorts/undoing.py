"""Takes back the last pull, or the last group of pushes, of a cohort by a run with the inverse of
its net change. Knows runs and their bitmaps; knows nothing of schedules.

Only while nothing came after it: a later delta spoke of the membership that it found. Deletions of
people may come between, since nobody takes those back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cohorts import groups, membership
from cohorts.bitmaps import Delta, Membership
from cohorts.errors import NothingToUndo
from cohorts.membership import Applied, Beside, Seen, Wanted
from cohorts.models import Cohort, ImportRun
from cohorts.placing import RunFacts

Kind = ImportRun.Kind
UNDONE = (Kind.PUSH, Kind.PULL)


@dataclass(frozen=True, slots=True)
class Undoable:
    """What would be taken back: runs from `first` to `last` (their places in the cohort), and how
    many people that puts back and takes out. `sequence` is the cohort's place that it holds for.
    """

    kind: ImportRun.Kind
    first: int
    last: int
    sequence: int
    put_back: int
    taken_out: int


def preview(cohort: Cohort, now: datetime) -> Undoable:
    """What `undo` would do now. Raises NothingToUndo."""
    return _found(cohort, now)[0]


def undo(cohort: Cohort, now: datetime, beside: Beside | None = None) -> Applied:
    """Writes the run of kind *undo*, with what `beside` writes in its transaction. Raises
    NothingToUndo, also where something came meanwhile, ResourceLocked, CohortGone."""
    started = time.perf_counter()
    found, net = _found(cohort, now)

    def inverse(before: Membership) -> Wanted:
        if before.sequence != found.sequence:
            raise NothingToUndo(_("The cohort has changed meanwhile. Look at it again."))
        return Wanted(net.removed, net.added)

    facts = RunFacts(
        workspace_id=cohort.workspace_id,
        partner=cohort.partner,
        kind=Kind.UNDO,
        at=now,
        started=started,
        received=len(net.added) + len(net.removed),
    )
    return membership.apply(cohort.pk, inverse, facts, Seen(None), beside)


def _found(cohort: Cohort, now: datetime) -> tuple[Undoable, Delta]:
    act = groups.last_act(cohort.pk, now)
    if act is None:
        raise NothingToUndo(_("Nothing has changed this cohort yet."))
    if act.kind not in UNDONE:
        text = _("The last change was an undo or a re-apply, which cannot be taken back.")
        raise NothingToUndo(text)
    if not act.finished:
        raise NothingToUndo(_("Requests of this sync may still be coming in. Try again later."))
    sequence = membership.members(cohort.pk).sequence
    since = ImportRun.objects.filter(cohort=cohort, sequence__range=(act.first, sequence))
    if since.exclude(kind__in=[act.kind, Kind.DELETION]).exists():
        raise NothingToUndo(_("Something came after it, or people were merged since."))
    if since.filter(kind=act.kind, sequence__lte=act.last, added_bits=None).exists():
        raise NothingToUndo(_("What was changed is no longer kept."))
    net = groups.net_change(cohort.pk, act)
    return Undoable(act.kind, act.first, act.last, sequence, len(net.removed), len(net.added)), net
