"""The ledger: the fate of every event a Current saw, by minute of receipt and event type.

The only writer of LedgerEntry, and the only source for screens, REST and metrics. Knows counts;
knows not why a fate was decided. `move` is called in the transaction that decides; counting takes
the log in as *waiting*, so nothing is ever decided that was not counted before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count as count_up
from typing import Any

from django.db import connection, transaction
from django.db.models import Func, IntegerField, Max, QuerySet, Sum

from braze_partners.events import catalogue, event_log
from currents.fates import FILTERED, STEPS, Fate, Step
from currents.models import WAITS, Current, LedgerEntry
from currents.states import SEEING

# (minute of receipt, event type, fate)
Place = tuple[datetime, str, Fate]

# Where the ledger counts event types that the catalogue does not list.
UNKNOWN_TYPES = "unknown"

# Events that one step of counting takes in, at most, so that it stays short.
COUNTED_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class Balance:
    """What became of the events received in a span; a span's `received` is their sum by nature,
    and `log_received` what the log says, where someone asked it."""

    by_fate: Mapping[Fate, int] = field(default_factory=dict)

    def of(self, fates: Iterable[Fate]) -> int:
        return sum(self.by_fate.get(fate, 0) for fate in fates)

    @property
    def received(self) -> int:
        return sum(self.by_fate.values())

    @property
    def delivered(self) -> int:
        return self.of(STEPS[Step.DELIVERED])

    @property
    def filtered(self) -> int:
        return self.of(FILTERED)

    @property
    def waiting(self) -> int:
        return self.of(STEPS[Step.WAITING])

    @property
    def dead_lettered(self) -> int:
        return self.of(STEPS[Step.DEAD_LETTERED])

    @property
    def dropped(self) -> int:
        return self.of(STEPS[Step.DROPPED])

    def step(self, step: Step) -> int:
        return self.received if step == Step.RECEIVED else self.of(STEPS[step])


@dataclass(frozen=True, slots=True)
class Reading:
    """The ledger of a span at one moment: by event type, the most frequent first, and up to which
    sequence the log was counted then."""

    by_type: Mapping[str, Balance]
    counted: int | None

    @property
    def total(self) -> Balance:
        sums: Counter[Fate] = Counter()
        for balance in self.by_type.values():
            sums.update(balance.by_fate)
        return Balance(dict(sums))


@dataclass(frozen=True, slots=True)
class Point:
    """The balance of what was received from `at` for one step of a series."""

    at: datetime
    balance: Balance


def type_of(name: str) -> str:
    """The event type under which the ledger counts: one place for all that nobody knows."""
    return name if name in catalogue.event_types() else UNKNOWN_TYPES


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def half_hour_of(moment: datetime) -> datetime:
    """What keeping.py gathers old minutes into."""
    at = minute_of(moment).astimezone(UTC)
    return at.replace(minute=at.minute // 30 * 30)


def waiting(current_ids: Iterable[int]) -> dict[int, int]:
    """How many events wait, by Current, whenever they came; in one query."""
    ids = list(current_ids)
    rows = LedgerEntry.objects.filter(WAITS, current_id__in=ids).order_by()
    sums = rows.values_list("current_id").annotate(total=Sum("count"))
    return dict.fromkeys(ids, 0) | {pk: int(total) for pk, total in sums}


def balance(
    current_id: int, since: datetime | None = None, until: datetime | None = None
) -> Balance:
    """Of the events received in [since, until), whole minutes; without bounds, since launch."""
    rows = _within(LedgerEntry.objects.filter(current_id=current_id), since, until)
    sums = rows.values_list("fate").annotate(total=Sum("count"))
    return Balance({Fate(fate): int(total) for fate, total in sums if total})


def balances(
    current_ids: Iterable[int], since: datetime | None = None, until: datetime | None = None
) -> dict[int, Balance]:
    """As `balance`, of several Currents in one query; each asked for has one."""
    ids = list(current_ids)
    rows = _within(LedgerEntry.objects.filter(current_id__in=ids), since, until)
    found: dict[int, dict[Fate, int]] = {pk: {} for pk in ids}
    for pk, fate, total in rows.values_list("current_id", "fate").annotate(total=Sum("count")):
        if total:
            found[pk][Fate(fate)] = int(total)
    return {pk: Balance(by_fate) for pk, by_fate in found.items()}


def by_type(
    current_id: int, since: datetime | None = None, until: datetime | None = None
) -> Mapping[str, Balance]:
    """The balance of each event type that was received, the most frequent first."""
    return read(current_id, since, until).by_type


def read(current_id: int, since: datetime | None = None, until: datetime | None = None) -> Reading:
    """By type, with how far the log was counted in the same statement: so what is read can be
    held against the log while others go on counting."""
    rows = _within(LedgerEntry.objects.filter(current_id=current_id), since, until)
    sums = rows.values_list("event_type", "fate").annotate(
        total=Sum("count"), counted=Max("current__counted_sequence")
    )
    found: dict[str, dict[Fate, int]] = {}
    counted = None
    for kind, fate, total, at_that_moment in sums:
        counted = at_that_moment
        if total:
            found.setdefault(kind, {})[Fate(fate)] = int(total)
    made = {kind: Balance(by_fate) for kind, by_fate in found.items()}
    by_size = sorted(made.items(), key=lambda pair: -pair[1].received)
    return Reading(dict(by_size), counted)


def series(
    current_ids: Iterable[int], since: datetime, until: datetime, step: timedelta
) -> dict[int, list[Point]]:
    """Balances by time of receipt in equal steps from `since`, empty ones included; one query."""
    ids = list(current_ids)
    rows = _within(LedgerEntry.objects.filter(current_id__in=ids), since, until)
    begin, length = int(since.timestamp()), int(step.total_seconds())
    places = rows.annotate(place=(_Epoch("minute") - begin) / length)
    count = -(-(until - since) // step)
    found: dict[int, list[Counter[Fate]]] = {pk: [Counter() for _ in range(count)] for pk in ids}
    sums = places.values_list("current_id", "place", "fate").annotate(total=Sum("count"))
    for pk, place, fate, total in sums:
        found[pk][min(max(place, 0), count - 1)][Fate(fate)] += int(total)
    return {
        pk: [Point(since + n * step, Balance(dict(c))) for n, c in enumerate(counters)]
        for pk, counters in found.items()
    }


class _Epoch(Func):
    """A moment as whole seconds since the epoch, reckoned by the database."""

    template = "CAST(extract(epoch FROM %(expressions)s) AS bigint)"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "CAST(strftime('%%%%s', %(expressions)s) AS integer)"
        return self.as_sql(compiler, connection, template=template, **context)


def oldest_waiting(current_id: int) -> datetime | None:
    """The minute in which the oldest event that still waits was received."""
    rows = LedgerEntry.objects.filter(current_id=current_id, fate=Fate.WAITING, count__gt=0)
    return rows.order_by("minute").values_list("minute", flat=True).first()


def log_received(current: Current, reading: Reading, since: datetime) -> int | None:
    """What the log itself says was received for this Current in the span from `since` on, a whole
    minute: the ledger's `received` must equal it. None where the log no longer holds it all."""
    counted = current.counted_sequence if reading.counted is None else reading.counted
    start = current.launch_sequence or 0
    return event_log.received(current.workspace_id, start, counted, minute_of(since))


def _within(
    rows: QuerySet[LedgerEntry], since: datetime | None, until: datetime | None
) -> QuerySet[LedgerEntry]:
    if since is not None:
        rows = rows.filter(minute__gte=minute_of(since))
    if until is not None:
        rows = rows.filter(minute__lt=until)
    return rows


def move(current_id: int, changes: Mapping[Place, int]) -> None:
    """Adds each change to its place, in one order, so that two transactions never wait for each
    other in a circle. Must run in the transaction that decides."""
    rows = sorted((place, change) for place, change in changes.items() if change)
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            places, counts = zip(*rows, strict=True)
            minutes, types, fates = zip(*places, strict=True)
            parameters: list[Any] = [
                current_id,
                *map(list, (minutes, types, map(str, fates), counts)),
            ]
            cursor.execute(_MOVE_POSTGRESQL, parameters)
            return
        cursor.executemany(
            _MOVE_SQLITE,
            [
                [current_id, str(minute.replace(tzinfo=None)), kind, str(fate), count]
                for (minute, kind, fate), count in rows
            ],
        )


_MOVE = """
INSERT INTO currents_ledgerentry (current_id, minute, event_type, fate, count) {rows}
ON CONFLICT (current_id, minute, event_type, fate)
DO UPDATE SET count = currents_ledgerentry.count + excluded.count
"""
_MOVE_POSTGRESQL = _MOVE.format(
    rows="SELECT %s, m, t, f, c FROM unnest(%s::timestamptz[], %s::text[], %s::text[], "
    "%s::bigint[]) AS given (m, t, f, c)"
)
_MOVE_SQLITE = _MOVE.format(rows="VALUES (%s, %s, %s, %s, %s)")


def count(current: Current, head: int, steps: int | None = None) -> int:
    """Takes the log in from where it was counted to `head`, as waiting, in so many steps at most;
    up to which sequence it is counted then. Safe to run together: who comes second counts
    nothing."""
    start = current.counted_sequence
    for _ in count_up() if steps is None else range(steps):
        if start >= head:
            break
        batches = event_log.counts(current.workspace_id, start, min(head, start + COUNTED_AT_ONCE))
        if not batches:
            break
        end = batches[-1].first_sequence + batches[-1].count
        changes: Counter[Place] = Counter()
        for batch in batches:
            minute = minute_of(batch.received_at.astimezone(UTC))
            for kind, number in batch.by_type.items():
                changes[minute, type_of(kind), Fate.WAITING] += number
        with transaction.atomic():
            moved = Current.objects.filter(pk=current.pk, counted_sequence=start).update(
                counted_sequence=end
            )
            if moved:
                move(current.pk, changes)
        if not moved:
            fresh = Current.objects.filter(pk=current.pk).values_list("counted_sequence", flat=True)
            end = fresh.first() or end
        start = end
    current.counted_sequence = start
    return start


def count_behind() -> int:
    """Counts every Current that sees events and is behind its log, sending or not; how many."""
    seeing = list(Current.objects.filter(state__in=SEEING))
    heads = event_log.heads({current.workspace_id for current in seeing})
    behind = [one for one in seeing if one.counted_sequence < heads[one.workspace_id]]
    for current in behind:
        count(current, heads[current.workspace_id])
    return len(behind)
