"""Which runs cost data points, and on which day of the workspace. Knows kinds and zones; counts
nothing itself.

A data point is one user added or removed by what somebody asked for: pushes, pulls, their undoing,
re-applied skips. Merges of people and deletions ask nothing of a partner and cost none.
"""

from __future__ import annotations

import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

from braze_partners.workspaces.models import Workspace
from cohorts import remembered
from cohorts.models import ImportRun

Kind = ImportRun.Kind
COUNTED = (Kind.PUSH, Kind.PULL, Kind.UNDO, Kind.REAPPLY)
# What could have been a full list instead of a delta.
SYNCS = (Kind.PUSH, Kind.PULL)

# How long a process goes on with a workspace's time zone: who changes it has days begin elsewhere
# a minute later.
ZONE_REMEMBERED = 60.0  # seconds


def day_of(workspace_id: int, moment: datetime) -> date:
    """The workspace's own day."""
    kept = remembered.zones.get(workspace_id)
    if kept is None or time.monotonic() - kept[0] > ZONE_REMEMBERED:
        zone = ZoneInfo(_zone_name(workspace_id))
        remembered.zones.put(workspace_id, (time.monotonic(), zone))
    else:
        zone = kept[1]
    return moment.astimezone(zone).date()


def _zone_name(workspace_id: int) -> str:
    found = Workspace.objects.filter(pk=workspace_id).values_list("time_zone", flat=True)
    return found.first() or "UTC"
