"""Holds an answer back for a while; lets it go at once when its fault is switched off."""

from __future__ import annotations

import threading
import time

from django.utils import timezone

from braze_partners.sandbox.faults import switching

# Answers held back at a time. The server has 64 threads (server.py): some stay free for the pages
# that switch the fault off again (own choice).
MOST_HELD = 48

# Seconds between looks at whether the fault is still on.
LOOK_EVERY = 0.25

_places = threading.BoundedSemaphore(MOST_HELD)


def hold(kind: str, seconds: float) -> None:
    """Waits; not at all when too many answers are held already."""
    if not _places.acquire(blocking=False):
        return
    try:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_EVERY))
            if left > LOOK_EVERY and not switching.is_on(kind, timezone.now()):
                return
    finally:
        _places.release()
