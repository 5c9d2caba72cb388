"""The import of a CSV of people in the background: its states, its lease, its progress.

Knows PeopleImport and how a chunk is applied; knows no HTTP and no Celery. A chunk's people, the
counts, the refused lines and the place in the file are one transaction under the lease's token:
a worker that was killed or overtaken leaves nothing half counted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from braze_partners.people import attributes
from braze_partners.people.csv_columns import HeaderRefused
from braze_partners.people.csv_files import (
    UNREADABLE,
    Chunk,
    Problem,
    Sample,
    chunks,
    layout_of,
    opened,
    records_of,
    sample_of,
)
from braze_partners.people.errors import PeopleError
from braze_partners.people.limits import (
    LEASE_SECONDS,
    MAX_KEPT_PROBLEMS,
    TURN_SECONDS,
    UNSTARTED_HOURS,
)
from braze_partners.people.models import PeopleImport, PeopleImportProblem
from braze_partners.people.upserts import Outcome, PeopleChanged, upsert

State = PeopleImport.State
Clock = Callable[[], datetime]

# The allowed moves, each made by compare-and-set.
MOVES: dict[str, frozenset[str]] = {
    State.PREVIEW: frozenset({State.QUEUED, State.CANCELLED}),
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset({State.COMPLETED, State.CANCELLED, State.FAILED}),
}
UNFINISHED = (State.QUEUED, State.RUNNING)


class LeaseLost(PeopleError):
    """Another worker took the import over, or somebody cancelled it."""


class MoveRefused(PeopleError):
    """The import is not in a state from which this can be done."""


def uploads_folder() -> Path:
    folder = Path(settings.VAR_DIR) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def file_of(people_import: PeopleImport) -> Path:
    return uploads_folder() / people_import.path


def preview(people_import: PeopleImport) -> Sample:
    """Raises HeaderRefused when the file can't be used at all."""
    known = attributes.known(people_import.workspace_id)
    types = {name: attributes.Type(found.type) for name, found in known.items()}
    return sample_of(file_of(people_import), types)


def start(people_import: PeopleImport, now: datetime) -> None:
    """Fixes the types of new attributes and queues the import; waking a worker is the caller's.

    Raises HeaderRefused, ValueRefused (too many attributes) or MoveRefused.
    """
    sample = preview(people_import)
    attributes.declare(people_import.workspace_id, sample.types)
    _move(people_import.pk, State.PREVIEW, State.QUEUED, started_at=now)


def cancel(people_import: PeopleImport, now: datetime) -> None:
    """Stops it; the people of the chunks that were applied stay. Raises MoveRefused."""
    for state in (State.PREVIEW, *UNFINISHED):
        try:
            _move(people_import.pk, state, State.CANCELLED, finished_at=now, lease_token="")
        except MoveRefused:
            continue
        file_of(people_import).unlink(missing_ok=True)
        return
    raise MoveRefused(_("This import has ended already."))


def _move(pk: int, before: str, after: str, **changes: object) -> None:
    """Compare-and-set: of two who move it at once, one is refused."""
    if after not in MOVES.get(before, frozenset()):
        raise MoveRefused(f"{before} → {after}")
    moved = PeopleImport.objects.filter(pk=pk, state=before).update(state=after, **changes)
    if not moved:
        raise MoveRefused(_("This import has been moved on by somebody else."))


def forgotten(now: datetime) -> list[int]:
    """Imports that are queued or running and in nobody's hands."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    found = PeopleImport.objects.filter(free, state__in=UNFINISHED)
    return list(found.order_by("pk").values_list("pk", flat=True))


def remove_unstarted(now: datetime) -> int:
    """Uploads that nobody started for a day, and files that belong to no import, go."""
    before = now - timedelta(hours=UNSTARTED_HOURS)
    old = PeopleImport.objects.filter(state=State.PREVIEW, created_at__lt=before)
    removed = old.delete()[0]
    waiting = (State.PREVIEW, *UNFINISHED)
    needed = set(PeopleImport.objects.filter(state__in=waiting).values_list("path", flat=True))
    for path in uploads_folder().iterdir():
        with suppress(FileNotFoundError):
            if path.name not in needed and path.stat().st_mtime < before.timestamp():
                path.unlink()
    return removed


def take(pk: int, now: datetime) -> PeopleImport | None:
    """Takes the lease; None when there is nothing to do or another holds it."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    token = token_hex(16)
    taken = PeopleImport.objects.filter(free, pk=pk, state__in=UNFINISHED).update(
        state=State.RUNNING, lease_until=now + timedelta(seconds=LEASE_SECONDS), lease_token=token
    )
    if not taken:
        return None
    return PeopleImport.objects.filter(pk=pk, lease_token=token).first()


def run(pk: int, clock: Clock) -> bool:
    """Imports from where the last worker stopped, for one turn; tells whether there is more.

    Ends silently when the import was cancelled or another worker has it.
    """
    people_import = take(pk, clock())
    if people_import is None:
        return False
    try:
        return _run(people_import, clock)
    except LeaseLost:
        return False
    except PeopleChanged:
        _held(people_import).update(lease_until=None)  # the sweep tries again
    except (*UNREADABLE, HeaderRefused, FileNotFoundError) as error:
        with suppress(LeaseLost):
            _end(people_import, State.FAILED, clock(), error=_reason(error)[:300])
    return False


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return _("The uploaded file is gone. Upload it again.")
    if isinstance(error, HeaderRefused):
        return str(error)
    return _("The file can't be read further: %s") % error


def _run(people_import: PeopleImport, clock: Clock) -> bool:
    until = clock() + timedelta(seconds=TURN_SECONDS)
    known = attributes.known(people_import.workspace_id)
    types = {name: attributes.Type(found.type) for name, found in known.items()}
    with opened(file_of(people_import)) as file:
        layout = layout_of(file.stream)
        records = records_of(file.stream, layout, people_import.offset, people_import.lines + 1)
        for chunk in chunks(records, layout, types):
            _apply(people_import, chunk, file.share, clock())
            if clock() >= until:
                _held(people_import).update(lease_until=None)
                return True
    _end(people_import, State.COMPLETED, clock(), read_share=1)
    file_of(people_import).unlink(missing_ok=True)
    return False


def _apply(people_import: PeopleImport, chunk: Chunk, share: float, now: datetime) -> None:
    def progress(outcome: Outcome) -> None:
        problems = all_problems(chunk, outcome)
        _advance(people_import, chunk, outcome, len(problems), share, now)
        _keep(people_import, problems)

    outcome = upsert(people_import.workspace_id, chunk.people, now, also=progress)
    people_import.offset = chunk.end
    people_import.refused += len(chunk.problems) + len(outcome.refused)


def _advance(
    people_import: PeopleImport,
    chunk: Chunk,
    outcome: Outcome,
    refused: int,
    share: float,
    now: datetime,
) -> None:
    advanced = (
        _held(people_import)
        .filter(offset=people_import.offset)
        .update(
            offset=chunk.end,
            lines=chunk.next_line - 1,
            rows=F("rows") + chunk.rows,
            created=F("created") + outcome.created,
            updated=F("updated") + outcome.updated,
            refused=F("refused") + refused,
            read_share=share,
            lease_until=now + timedelta(seconds=LEASE_SECONDS),
        )
    )
    if not advanced:
        raise LeaseLost


def all_problems(chunk: Chunk, outcome: Outcome) -> list[Problem]:
    """The lines that could not be read and those that clash, in the file's order."""
    clashes = [Problem(chunk.lines[r.index], r.column, r.text) for r in outcome.refused]
    return sorted([*chunk.problems, *clashes], key=lambda problem: problem.line)


def _keep(people_import: PeopleImport, problems: list[Problem]) -> None:
    room = max(0, MAX_KEPT_PROBLEMS - people_import.refused)
    PeopleImportProblem.objects.bulk_create(
        PeopleImportProblem(
            people_import=people_import,
            line=problem.line,
            column=problem.column[:255],
            text=problem.text[:400],
        )
        for problem in problems[:room]
    )


def _held(people_import: PeopleImport) -> QuerySet[PeopleImport]:
    """The import's row, as long as it is ours to move."""
    return PeopleImport.objects.filter(
        pk=people_import.pk, state=State.RUNNING, lease_token=people_import.lease_token
    )


def _end(people_import: PeopleImport, state: State, now: datetime, **changes: object) -> None:
    ended = _held(people_import).update(
        state=state, finished_at=now, lease_until=None, lease_token="", **changes
    )
    if not ended:
        raise LeaseLost
