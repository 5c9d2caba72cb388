"""Syncs as pages tell them: what kind, how far, which words; it reads rows and changes none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext as _

from braze_partners.sandbox import limits
from braze_partners.sandbox.models import Cohort, CohortLink, Sync, SyncRequest


@dataclass(frozen=True, slots=True)
class HistoryRow:
    sync: Sync
    kind: str
    live: bool
    result: str
    tone: str
    done: int
    retries: int
    took_ms: int | None


def row(sync: Sync, now: datetime) -> HistoryRow:
    live = sync.state in Sync.LIVE
    done, result, tone = _live(sync, now) if live else (0, *_ended(sync))
    until = now if live else sync.finished_at
    took = until - sync.started_at if until and sync.started_at else None
    took_ms = None if took is None else max(0, round(took.total_seconds() * 1000))
    kind = kind_in_words(sync)
    return HistoryRow(sync, kind, live, result, tone, done, retries(sync), took_ms)


def retries(sync: Sync) -> int:
    """Calls beyond the first of each request."""
    again = sync.requests.filter(attempts__gt=1).aggregate(all=Sum(F("attempts") - 1))
    return again["all"] or 0


def kind_in_words(sync: Sync) -> str:
    if sync.kind in (Sync.Kind.FIRST, Sync.Kind.REST):
        return sync.get_kind_display()
    if sync.kind == Sync.Kind.FULL:
        return _("%(cadence)s, full list again") % {"cadence": sync.get_trigger_display()}
    return _("%(cadence)s, delta") % {"cadence": sync.get_trigger_display()}


def latest(cohort: Cohort) -> Sync | None:
    return cohort.syncs.first()


def schedule(cohort: Cohort) -> CohortLink | None:
    return cohort.links.filter(next_run_at__isnull=False).order_by("next_run_at").first()


def _live(sync: Sync, now: datetime) -> tuple[int, str, str]:
    counts = sync.requests.aggregate(
        done=Count("pk", filter=Q(state=SyncRequest.State.ACKNOWLEDGED))
    )
    done = counts["done"]
    if sync.state == Sync.State.QUEUED:
        return done, sync.get_state_display(), "blue"
    if sync.stop_asked:
        return done, _("Stopping"), "grey"
    retried = sync.requests.filter(state=SyncRequest.State.WAITING, attempts__gt=0)
    again = retried.order_by("due_at").first()
    if again:
        said = again.answers.last()
        words = _("Retry %(number)d of %(all)d in %(seconds)d s") % {
            "number": again.attempts,
            "all": len(limits.retry_delays()),
            "seconds": max(0, round((again.due_at - now).total_seconds())),
        }
        return done, f"{words}: {outcome(said.status, said.message)}" if said else words, "amber"
    words = _("Syncing, %(done)d of %(all)d") % {"done": done, "all": sync.requests_planned}
    return done, words, "blue"


def _ended(sync: Sync) -> tuple[str, str]:
    if sync.state == Sync.State.FAILED:
        return outcome(sync.error_status, sync.error), "red"
    if sync.state == Sync.State.STOPPED:
        return sync.get_state_display(), "grey"
    return sync.get_state_display(), "green"


def outcome(status: int | None, message: str) -> str:
    return f"{status} {message}".strip() if status else message
