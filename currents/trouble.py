"""Currents that need somebody: credentials refused, or no delivery for a while. Reads rows in few
queries, for what stands on every page; the Current's own page tells the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Sum

from braze_partners.workspaces.models import Workspace
from currents.clock import clock
from currents.fates import Fate
from currents.finding import currents_of
from currents.models import CredentialFailure, Current, LedgerEntry
from currents.plan import credentials_window
from currents.states import REFUSED, State

# A destination that fails for less comes back by itself as a rule (own choice).
FAILING_FROM = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`refusal` is how Amplitude refuses the credentials, empty for a failing destination;
    `dropping_at` is when the oldest event that waits would be dropped."""

    current: Current
    since: datetime
    waiting: int
    refusal: str = ""
    dropping_at: datetime | None = None

    @property
    def is_dropping(self) -> bool:
        return self.current.state == State.DROPPING


def troubles(workspace: Workspace, now: datetime) -> list[Trouble]:
    """The longest in trouble first."""
    rows = currents_of(workspace).filter(state__in=[*REFUSED, State.FAILING])
    found = [row for row in rows.order_by("state_since", "pk") if _counts(row, now)]
    if not found:
        return []
    failures = _open_failures(found)
    waiting = _waiting(found)
    return [
        _trouble(row, failures.get(row.pk), *waiting.get(row.pk, (0, None)), now) for row in found
    ]


def _counts(current: Current, now: datetime) -> bool:
    if current.state != State.FAILING:
        return True
    return (current.failing_since or current.state_since) <= now - FAILING_FROM


def _trouble(
    current: Current,
    failure: CredentialFailure | None,
    waiting: int,
    oldest: datetime | None,
    now: datetime,
) -> Trouble:
    if current.state == State.FAILING or failure is None:
        return Trouble(current, current.failing_since or current.state_since, waiting)
    ends = clock(failure.began_at, credentials_window(), now, oldest).dropping_at
    return Trouble(current, failure.began_at, waiting, failure.kind, ends)


def _open_failures(currents: list[Current]) -> dict[int, CredentialFailure]:
    rows = CredentialFailure.objects.filter(current__in=currents, ended_at=None)
    return {failure.current_id: failure for failure in rows}


def _waiting(currents: list[Current]) -> dict[int, tuple[int, datetime]]:
    rows = LedgerEntry.objects.filter(current__in=currents, fate=Fate.WAITING, count__gt=0)
    sums = rows.values_list("current_id").annotate(total=Sum("count"), oldest=Min("minute"))
    return {pk: (int(total), oldest) for pk, total, oldest in sums}
