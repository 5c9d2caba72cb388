"""A Current's sixteen lanes as rows: making them, and where they stand. Decides nothing."""

from __future__ import annotations

from currents.limits import LANES
from currents.models import Lane


def make_lanes(current_id: int, position: int) -> None:
    Lane.objects.bulk_create(
        [Lane(current_id=current_id, lane=lane, position=position) for lane in range(LANES)]
    )
