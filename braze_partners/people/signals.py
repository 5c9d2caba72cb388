"""What people tell the rooms above, inside the transaction that does it."""

from django.dispatch import Signal

# Sent with workspace_id: int, numbers: BitMap (the people who go), now: datetime.
people_deleted = Signal()
