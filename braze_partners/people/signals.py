"""What people tell the rooms above, inside the transaction that does it."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with workspace_id: int, numbers: BitMap (the people who go), now: datetime, identities:
# set[str] (every external id, device id and braze id they had).
people_deleted = Signal()

# Sent with workspace_id: int, into: dict[int, int] (by the number that is retired, that of the
# person it became part of, who stays), now: datetime.
people_merged = Signal()
