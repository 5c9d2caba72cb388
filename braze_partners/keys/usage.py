"""When, from where and how often a key was used: kept in memory, written at most once a minute.

Knows keys by kind and id. A thread of its own writes, so that no request waits; what is pending
is written when the process ends.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import (
    DatabaseError,
    InterfaceError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.models import Case, F, PositiveIntegerField, Sum, When
from django.db.models.functions import Coalesce

from braze_partners.keys.limits import USE_KEPT_DAYS, USE_WRITE_SECONDS
from braze_partners.keys.models import DataImportKey, KeyUse, RestApiKey

log = structlog.get_logger(__name__)

KeyRef = tuple[str, int]
MODELS: dict[str, type[DataImportKey | RestApiKey]] = {
    KeyUse.Kind.DATA_IMPORT: DataImportKey,
    KeyUse.Kind.REST: RestApiKey,
}


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(slots=True)
class Pending:
    """What was seen of one key since its last write."""

    first_at: datetime
    first_address: str | None
    last_at: datetime
    last_address: str | None
    calls: dict[datetime, int] = field(default_factory=dict)


def write(ref: KeyRef, seen: Pending) -> None:
    """One short transaction: the key's times, and its calls by hour."""
    kind, key_id = ref
    keys = MODELS[kind]._default_manager.filter(pk=key_id)
    with transaction.atomic():
        known = keys.update(
            last_used_at=seen.last_at,
            last_used_address=seen.last_address,
            calls_since_rotation=Case(
                # Exact but for the minute in which it was rotated.
                When(
                    rotated_at__lte=seen.first_at,
                    then=F("calls_since_rotation") + sum(seen.calls.values()),
                ),
                default=F("calls_since_rotation"),
                output_field=PositiveIntegerField(),
            ),
        )
        if not known:
            return
        keys.filter(first_used_at=None).update(
            first_used_at=seen.first_at, first_used_address=seen.first_address
        )
        for hour, calls in seen.calls.items():
            row, made = KeyUse.objects.get_or_create(
                kind=kind, key_id=key_id, hour=hour, defaults={"calls": calls}
            )
            if not made:
                KeyUse.objects.filter(pk=row.pk).update(calls=F("calls") + calls)


class UseBook:
    """The uses not written yet, and the thread that writes them when they are due."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pending: dict[KeyRef, Pending] = {}
        self._not_before: dict[KeyRef, datetime] = {}
        self._thread: threading.Thread | None = None
        self._ending = False

    def note(self, ref: KeyRef, address: str | None, now: datetime) -> None:
        hour = hour_of(now)
        with self._changed:
            seen = self._pending.get(ref)
            if seen is None:
                seen = self._pending[ref] = Pending(now, address, now, address)
                self._changed.notify()
            seen.last_at, seen.last_address = now, address
            seen.calls[hour] = seen.calls.get(hour, 0) + 1
        if self._thread is None and settings.WRITE_KEY_USE_IN_BACKGROUND:
            self._start()

    def _start(self) -> None:
        with self._changed:
            if self._thread is None and not self._ending:
                self._thread = threading.Thread(target=self._run, name="key-use", daemon=True)
                self._thread.start()

    def take_due(self, now: datetime) -> dict[KeyRef, Pending]:
        """The uses whose key was not written in the last minute; they are the caller's now."""
        with self._changed:
            due = [ref for ref in self._pending if self._not_before.get(ref, now) <= now]
            for ref in due:
                self._not_before[ref] = now + timedelta(seconds=USE_WRITE_SECONDS)
            return {ref: self._pending.pop(ref) for ref in due}

    def take_all(self) -> dict[KeyRef, Pending]:
        with self._changed:
            taken, self._pending = self._pending, {}
            return taken

    def give_back(self, ref: KeyRef, seen: Pending) -> None:
        """A write failed: it is tried again with what came since."""
        with self._changed:
            newer = self._pending.get(ref)
            if newer is not None:
                seen.last_at, seen.last_address = newer.last_at, newer.last_address
                for hour, calls in newer.calls.items():
                    seen.calls[hour] = seen.calls.get(hour, 0) + calls
            self._pending[ref] = seen

    def write_out(self, taken: dict[KeyRef, Pending]) -> None:
        for ref, seen in taken.items():
            try:
                write(ref, seen)
            except (DatabaseError, InterfaceError) as error:
                self.give_back(ref, seen)
                log.warning("key_use.not_written", error=type(error).__name__)

    def _wait(self, now: datetime) -> None:
        with self._changed:
            if self._ending:
                return
            waits = [
                max(0.0, (self._not_before.get(ref, now) - now).total_seconds())
                for ref in self._pending
            ]
            self._changed.wait(timeout=min(waits) if waits else None)

    def _run(self) -> None:
        while not self._ending:
            self._wait(datetime.now(UTC))
            close_old_connections()
            self.write_out(self.take_due(datetime.now(UTC)))
        connection.close()

    def end(self) -> None:
        """Stops the thread and writes what is left; called when the process ends."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self.write_out(self.take_all())


_book = UseBook()


def _forget_parents_book() -> None:
    """A forked child has neither its parent's thread nor its parent's uses to write."""
    global _book
    _book = UseBook()


os.register_at_fork(after_in_child=_forget_parents_book)
atexit.register(lambda: _book.end())


def note_use(kind: str, key_id: int, address: str | None, now: datetime) -> None:
    """Costs a dictionary's update; never waits for the database."""
    _book.note((kind, key_id), address, now)


def flush() -> None:
    """Writes what is pending now, in this thread."""
    _book.write_out(_book.take_all())


def calls_last_day(kind: str, key_ids: Iterable[int], now: datetime) -> dict[int, int]:
    """Calls per key in this hour and the 23 before, as far as written."""
    since = hour_of(now) - timedelta(hours=23)
    rows = (
        KeyUse.objects.filter(kind=kind, key_id__in=list(key_ids), hour__gte=since)
        .values("key_id")
        .annotate(sum=Coalesce(Sum("calls"), 0))
    )
    return {row["key_id"]: row["sum"] for row in rows}


def forget_old(now: datetime) -> int:
    """Drops the hours that no screen shows any more; how many."""
    before = now - timedelta(days=USE_KEPT_DAYS)
    return KeyUse.objects.filter(hour__lt=before).delete()[0]
