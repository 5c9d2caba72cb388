"""What pull syncs tell others. Sent in the transaction that ends the run, if there is one."""

from __future__ import annotations

from django.dispatch import Signal

# pk: int, state: State (one in which nothing is at work: also *held*), now: datetime
sync_ended = Signal()
