"""The members of a segment as a file, in the background: states, lease, progress, resumption.

Knows exports; knows no HTTP and no Celery, and of files only that export_files writes them. Who is
a member is fixed when the export starts. What is written and the place among the members move
together in the row, so a worker that was killed leaves nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from pyroaring import BitMap

from braze_partners.people.errors import StillCounting
from braze_partners.workspaces.models import Account
from cohorts.segments import evaluation, export_files, limits
from cohorts.segments.definition import parse
from cohorts.segments.errors import SegmentRefused
from cohorts.segments.models import Segment, SegmentExport

State = SegmentExport.State
Clock = Callable[[], datetime]

# The allowed moves, each made by compare-and-set.
MOVES: dict[str, frozenset[str]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset({State.COMPLETED, State.CANCELLED, State.FAILED}),
    State.COMPLETED: frozenset({State.EXPIRED}),
}
UNFINISHED = (State.QUEUED, State.RUNNING)


class ExportRefused(SegmentRefused):
    """The export is not in a state from which this can be done, or too many are under way."""


class LeaseLost(SegmentRefused):
    """Another worker took the export over, or somebody cancelled it."""


@dataclass(frozen=True, slots=True)
class Zipped:
    """What who calls /users/export/segment wants beside the members."""

    fields: tuple[str, ...]
    address: str
    callback_url: str = ""


def start(
    segment: Segment, *, by: Account | None, now: datetime, zipped: Zipped | None = None
) -> SegmentExport:
    """Queues an export of the segment as it is defined now; waking a worker is the caller's.

    Raises ExportRefused when the workspace has too many under way."""
    mine = SegmentExport.objects.filter(workspace_id=segment.workspace_id, state__in=UNFINISHED)
    if mine.count() >= limits.EXPORTS_AT_ONCE:
        text = _("%(count)s exports are under way already. Wait for one, or cancel it.")
        raise ExportRefused(text % {"count": limits.EXPORTS_AT_ONCE})
    return SegmentExport.objects.create(
        workspace_id=segment.workspace_id,
        segment=segment,
        created_by=by,
        created_at=now,
        definition=segment.definition,
        **_told(zipped),
    )


def _told(zipped: Zipped | None) -> dict[str, Any]:
    if zipped is None:
        return {}
    return {
        "form": SegmentExport.Form.ZIP,
        "fields": sorted(zipped.fields),
        "address": zipped.address,
        "callback_url": zipped.callback_url,
    }


def cancel(export: SegmentExport, now: datetime) -> None:
    """Stops it and takes its file away. Raises ExportRefused when it has ended."""
    for state in UNFINISHED:
        if _move(export, state, State.CANCELLED, finished_at=now, members=None, lease_token=""):
            export_files.remove(export)
            return
    raise ExportRefused(_("This export has ended already."))


def _move(export: SegmentExport, before: str, after: str, **changes: object) -> bool:
    """Compare-and-set: of two who move it at once, one does."""
    if after not in MOVES.get(before, frozenset()):
        raise ValueError(f"{before} → {after}")
    rows = SegmentExport.objects.filter(pk=export.pk, state=before)
    return bool(rows.update(state=after, **changes))


def _free(now: datetime) -> Q:
    """A lease far ahead was written by a clock that has been set back since."""
    far = now + timedelta(seconds=2 * limits.EXPORT_LEASE_SECONDS)
    return Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=far)


def forgotten(now: datetime) -> list[str]:
    """Exports that are queued or running and in nobody's hands."""
    found = SegmentExport.objects.filter(_free(now), state__in=UNFINISHED)
    return [str(pk) for pk in found.order_by("created_at").values_list("pk", flat=True)]


def take(pk: str, now: datetime) -> SegmentExport | None:
    """Takes the lease; None when there is nothing to do or another holds it."""
    token = token_hex(16)
    rows = SegmentExport.objects.filter(_free(now), pk=pk, state__in=UNFINISHED)
    lease = now + timedelta(seconds=limits.EXPORT_LEASE_SECONDS)
    if not rows.update(state=State.RUNNING, lease_until=lease, lease_token=token):
        return None
    return SegmentExport.objects.filter(pk=pk, lease_token=token).first()


def run(pk: str, clock: Clock) -> bool:
    """Writes on from where the last worker stopped, for one turn; tells whether there is more."""
    export = take(pk, clock())
    if export is None:
        return False
    try:
        return _run(export, clock)
    except StillCounting:
        _held(export).update(lease_until=None)  # the sweep tries again
    except LeaseLost:
        pass
    except OSError as error:
        text = _("The file can't be written: %s") % (error.strerror or "?")
        _held(export).update(
            state=State.FAILED,
            error=text[:300],
            finished_at=clock(),
            members=None,
            callback_due_at=clock() if export.callback_url else None,
        )
    return False


def _run(export: SegmentExport, clock: Clock) -> bool:
    members = _members(export, clock())
    until = clock() + timedelta(seconds=limits.EXPORT_TURN_SECONDS)
    with export_files.writer(export) as file:
        while export.done < export.size:
            chunk = members[export.done : export.done + file.chunk]
            offset = file.write(BitMap(chunk))
            _advance(export, len(chunk), offset, clock())
            if clock() >= until and export.done < export.size:
                _held(export).update(lease_until=None)
                return True
        size = file.finish(lambda: _keep_lease(export, clock()))
    now = clock()
    due = now if export.callback_url else None
    ended = _held(export).update(
        state=State.COMPLETED,
        finished_at=now,
        members=None,
        lease_until=None,
        offset=size,
        callback_due_at=due,
    )
    if not ended:
        raise LeaseLost
    export_files.tidy(export)
    return False


def _keep_lease(export: SegmentExport, now: datetime) -> None:
    lease = now + timedelta(seconds=limits.EXPORT_LEASE_SECONDS)
    if not _held(export).update(lease_until=lease):
        raise LeaseLost


def _members(export: SegmentExport, now: datetime) -> BitMap:
    """Fixed when the first worker takes it, and kept until the file is whole."""
    if export.members is not None:
        return BitMap.deserialize(bytes(export.members))
    members = evaluation.everybody(export.workspace_id, parse(export.definition))
    members.run_optimize()
    kept = {"members": members.serialize(), "size": len(members), "started_at": now}
    if not _held(export).update(**kept):
        raise LeaseLost
    export.size = len(members)
    return members


def _advance(export: SegmentExport, count: int, offset: int, now: datetime) -> None:
    lease = now + timedelta(seconds=limits.EXPORT_LEASE_SECONDS)
    mine = _held(export).filter(done=export.done)
    if not mine.update(done=export.done + count, offset=offset, lease_until=lease):
        raise LeaseLost
    export.done += count


def _held(export: SegmentExport) -> QuerySet[SegmentExport]:
    """The export's row, as long as it is ours to move."""
    return SegmentExport.objects.filter(
        pk=export.pk, state=State.RUNNING, lease_token=export.lease_token
    )


def expire(now: datetime) -> int:
    """Files hold personal data: they go after a day, as do those that belong to no export."""
    before = now - timedelta(hours=limits.EXPORT_KEPT_HOURS)
    old = SegmentExport.objects.filter(state=State.COMPLETED, finished_at__lt=before)
    count = old.update(state=State.EXPIRED)
    needed = SegmentExport.objects.filter(state__in=(*UNFINISHED, State.COMPLETED))
    export_files.keep_only({str(pk) for pk in needed.values_list("pk", flat=True)})
    SegmentExport.objects.filter(
        created_at__lt=now - timedelta(days=limits.EXPORT_ROWS_KEPT_DAYS)
    ).exclude(state__in=UNFINISHED).delete()
    return count
