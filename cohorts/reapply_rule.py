"""Whom skipped identifiers name now, and who of them still belongs into the cohort. Reads runs and
identifiers; writes nothing.

The rule. Runs of a cohort are read in the order in which they were applied, and the last word about
a person counts, whichever identifier it used:

- An identifier that a run was to add and skipped names a candidate, if it is known by now (a device
  of an anonymous profile, as ever).
- A later run that removed that person, or was to remove them though they were not in, or skipped an
  identifier that is theirs and was to be removed, takes the candidate away. Of one run that says
  both of a person by two identifiers, the removal counts: nobody is added on a doubt.
- A pull is a whole list of external ids: the latest one decides alone about everybody who was
  skipped by an external id before it. Who was skipped by an alias or a device stays, as members do.
- An undo takes back what its group or pull asked for, also of those whom it skipped.

Removals that were skipped need nothing: who is unknown was not in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from pyroaring import BitMap

from braze_partners.people import identity, merging, sets
from braze_partners.people.models import PeopleSet
from cohorts import bitmaps, skipped
from cohorts.groups import KEEPS_GROUP
from cohorts.limits import REAPPLY_IDENTIFIERS_AT_ONCE
from cohorts.models import Cohort, ImportRun
from cohorts.skipped import Entry, Kind

_RUNS = """
SELECT id, kind, sequence, removed_bits, absent_bits, skipped_list FROM cohorts_importrun
 WHERE cohort_id = %s AND id > %s AND kind <> 'name' AND state <> 'failed' ORDER BY id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class RunRead:
    """What the rule must know of a run. `removed` were removed, or were to be and were not in."""

    id: int
    kind: str
    sequence: int | None
    removed: BitMap
    skipped_list: bytes | None


@dataclass(slots=True)
class Candidates:
    """Who is wanted so far, by what named them."""

    by_external_id: BitMap = field(default_factory=BitMap)
    by_others: BitMap = field(default_factory=BitMap)

    def put(self, named: Candidates) -> None:
        self.by_external_id |= named.by_external_id
        self.by_others |= named.by_others

    def drop(self, people: BitMap) -> None:
        self.by_external_id -= people
        self.by_others -= people

    @property
    def everybody(self) -> BitMap:
        return self.by_external_id | self.by_others


@dataclass(frozen=True, slots=True)
class Scope:
    """A whole cohort, or what `only_run` of it skipped."""

    cohort: Cohort
    only_run: int | None = None

    def takes_from(self, run: RunRead) -> bool:
        return self.only_run is None or self.only_run == run.id


def runs_after(cohort_id: int, position: int, limit: int) -> list[RunRead]:
    """In the order in which they were applied, which within a cohort is that of their ids."""
    return [
        RunRead(pk, kind, sequence, bitmaps.decode(removed) | bitmaps.decode(absent), listed)
        for pk, kind, sequence, removed, absent, listed in bitmaps.fetch(
            _RUNS, [cohort_id, position, limit]
        )
    ]


def take_in(candidates: Candidates, run: RunRead, scope: Scope) -> None:
    """Brings the candidates forward by one run."""
    if run.kind == ImportRun.Kind.UNDO:
        _undone(candidates, run, scope.cohort)
    elif run.kind == ImportRun.Kind.PULL and run.id == _latest_pull(scope.cohort):
        _pulled(candidates, run, scope)
    elif run.skipped_list is not None:
        entries = skipped.entries(run.skipped_list)
        adds, removals = named(scope.cohort.workspace_id, entries)
        if scope.takes_from(run):
            candidates.put(adds)
        candidates.drop(removals.everybody)
    candidates.drop(run.removed)
    if run.removed and run.kind not in KEEPS_GROUP:
        candidates.drop(_as_whom_they_live_on(scope.cohort.workspace_id, run.removed))


def _as_whom_they_live_on(workspace_id: int, people: BitMap) -> BitMap:
    """Who was merged since is meant as the person they became part of."""
    retired = BitMap()
    for gone in sets.read(workspace_id, PeopleSet.Kind.DELETED).values():
        retired |= gone & people
    return BitMap(merging.successors(workspace_id, retired).values()) if retired else retired


def named(workspace_id: int, entries: Iterable[Entry]) -> tuple[Candidates, Candidates]:
    """Who is known by now: of the entries to add, and of those to remove."""
    adds, removals = Candidates(), Candidates()
    source = iter(entries)
    while some := list(islice(source, REAPPLY_IDENTIFIERS_AT_ONCE)):
        for entry, number in zip(some, resolve(workspace_id, some), strict=True):
            if number is not None:
                into = removals if entry.remove else adds
                bits = into.by_external_id if entry.kind == Kind.USER else into.by_others
                bits.add(number)
    return adds, removals


def resolve(workspace_id: int, entries: list[Entry]) -> list[int | None]:
    """The number of each entry in order; one statement a kind."""
    users = [entry.identifier for entry in entries if entry.kind == Kind.USER]
    aliases = [(e.label, e.alias_name) for e in entries if e.kind == Kind.ALIAS]
    devices = [entry.identifier for entry in entries if entry.kind == Kind.DEVICE]
    found: dict[Kind, Iterator[int | None]] = {
        Kind.USER: iter(identity.resolve_external_ids(workspace_id, users)),
        Kind.ALIAS: iter(identity.resolve_aliases(workspace_id, aliases)),
        Kind.DEVICE: iter(
            None if match is None or match.identified else match.number
            for match in identity.resolve_devices(workspace_id, devices)
        ),
    }
    return [next(found[entry.kind]) for entry in entries]


def _latest_pull(cohort: Cohort) -> int | None:
    pulls = ImportRun.objects.filter(cohort=cohort, kind=ImportRun.Kind.PULL)
    pulls = pulls.exclude(state=ImportRun.State.FAILED)
    return pulls.order_by("-pk").values_list("pk", flat=True).first()


def _pulled(candidates: Candidates, run: RunRead, scope: Scope) -> None:
    """A pull's own list holds only what the pull before had not skipped already; all that the
    latest one skipped is kept beside the cohort's schedule (cohorts.syncing)."""
    kept = getattr(scope.cohort, "pull_skips", None)
    blob = kept.skipped_list if kept else run.skipped_list
    listed = named(scope.cohort.workspace_id, skipped.entries(blob))[0].by_external_id
    if scope.only_run is not None and scope.only_run != run.id:
        listed &= candidates.by_external_id
    elif scope.only_run is not None:
        own = skipped.entries(run.skipped_list)
        listed = named(scope.cohort.workspace_id, own)[0].by_external_id
    candidates.by_external_id = listed


def _undone(candidates: Candidates, run: RunRead, cohort: Cohort) -> None:
    runs = ImportRun.objects.filter(cohort=cohort, sequence__lt=run.sequence or 0)
    last = runs.exclude(kind__in=KEEPS_GROUP).order_by("-sequence").only("kind", "group").first()
    if last is None:
        return
    if last.kind == ImportRun.Kind.PULL:
        candidates.by_external_id = BitMap()
    elif last.group_id is not None:
        lists = ImportRun.objects.filter(
            cohort=cohort, group=last.group_id, pk__lt=run.id, skipped_list__isnull=False
        )
        for blob in lists.values_list("skipped_list", flat=True).iterator(chunk_size=64):
            candidates.drop(named(cohort.workspace_id, skipped.entries(blob))[0].everybody)
