"""When events leave the log: never what a Current has still to decide, up to the hard limit; what
then must go is dropped first, with the reason *retention*, and counted.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db.models import Min

from braze_partners.events import retention
from currents import dropping, ledger
from currents.fates import Fate
from currents.models import Current, Hold, Lane
from currents.states import SEEING

log = structlog.get_logger(__name__)


def retire(now: datetime) -> retention.Retired | None:
    """None where the dropping did not come to its end: the next run goes on with it."""
    ledger.count_behind()
    beyond = retention.beyond_hard_limit(now)
    for current in Current.objects.filter(state__in=SEEING, workspace_id__in=beyond):
        if _first_needed(current) < beyond[current.workspace_id]:
            dropping.drop(current, retention.hard_limit(now), Fate.RETENTION, now)
    needed = protected()
    behind = {pk: needed[pk] for pk, end in beyond.items() if needed.get(pk, end) < end}
    if behind:
        log.warning("retention_waits_for_dropping", workspaces=sorted(behind))
        return None
    return retention.retire(now, needed)


def protected() -> dict[int, int]:
    """By workspace, the first sequence that a Current has still to decide."""
    needed: dict[int, int] = {}
    for current in Current.objects.filter(state__in=SEEING):
        first = _first_needed(current)
        needed[current.workspace_id] = min(first, needed.get(current.workspace_id, first))
    return needed


def _first_needed(current: Current) -> int:
    position = Lane.objects.filter(current=current).aggregate(first=Min("position"))["first"]
    held = Hold.objects.filter(current=current).aggregate(first=Min("next_sequence"))["first"]
    firsts = [one for one in (position, held, current.counted_sequence) if one is not None]
    return int(min(firsts))
