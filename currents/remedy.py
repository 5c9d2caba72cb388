"""The way out of refused credentials, ticked by evidence: enter a new key, test it, resume, replay.
Reads the audit log and the latest connection test; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from braze_partners.workspaces.models import AuditEntry
from currents.condition import Condition
from currents.models import ConnectionTest, Refusal

KEY, TEST, RESUME = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Remedy:
    """`step` is the one to take now; `tested` is a test of the key that is stored now;
    `replayable` counts dead letters and dropped events."""

    step: int
    key_entered_at: datetime | None
    tested: ConnectionTest | None
    key_is_suspected: bool
    replayable: int = 0

    @property
    def is_testing(self) -> bool:
        return self.tested is not None and self.tested.state != ConnectionTest.State.DONE


def remedy(condition: Condition) -> Remedy | None:
    """None where no credentials are refused."""
    failure = condition.failure
    if not condition.is_refused or failure is None:
        return None
    current = condition.current
    entries = AuditEntry.objects.filter(
        workspace_id=current.workspace_id, at__gte=failure.began_at, action="current.key_entered"
    )
    entered = entries.filter(detail__current=current.pk).order_by("-at")
    entered_at = entered.values_list("at", flat=True).first()
    tests = ConnectionTest.objects.filter(
        current=current, created_at__gte=entered_at or failure.began_at
    )
    tested = tests.order_by("-pk").first()
    suspected = failure.kind != Refusal.FORBIDDEN
    replayable = (getattr(current, "dead_letter_count", None) or 0) + condition.dropped
    return Remedy(_step(suspected, entered_at, tested), entered_at, tested, suspected, replayable)


def _step(suspected: bool, entered_at: datetime | None, tested: ConnectionTest | None) -> int:
    if tested is not None and tested.accepted:
        return RESUME
    if suspected and (entered_at is None or (tested is not None and tested.accepted is False)):
        return KEY
    return TEST
