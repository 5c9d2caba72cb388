"""What people tell the rooms above, inside the transaction that does it."""

from django.dispatch import Signal

# Sent with workspace_id: int, numbers: BitMap (the people who go), now: datetime, identities:
# set[str] (every external id, device id and braze id they had).
people_deleted = Signal()
