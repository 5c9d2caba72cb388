"""The thread that writes files of cohorts, one after the other; what waits is in the database."""

from __future__ import annotations

import logging
import threading

from django.db import connections
from django.utils import timezone

from braze_partners.sandbox import members
from braze_partners.sandbox.cohort_api import asking, limits, writing_files
from braze_partners.sandbox.models import CohortFile

log = logging.getLogger(__name__)

# Seconds between looks at what is due, and between sweeps of old files (own choice).
IDLE_SECONDS = 0.25
SWEEP_SECONDS = 600


class FileWriter(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="sandbox-file-writer", daemon=True)
        self._ending = threading.Event()

    def run(self) -> None:
        sweep_at = timezone.now().timestamp()
        while not self._ending.is_set():
            now = timezone.now()
            try:
                if now.timestamp() >= sweep_at:
                    asking.forget_old(now)
                    sweep_at = now.timestamp() + SWEEP_SECONDS
                file = asking.next_due(now)
                if file is not None:
                    _write(file)
                    continue
            except Exception:
                log.exception("a file of a cohort could not be written; it is tried again")
            self._ending.wait(IDLE_SECONDS)
        connections.close_all()

    def end(self) -> None:
        """A file under way is begun anew after the next start."""
        self._ending.set()


def _write(file: CohortFile) -> None:
    if file.error:
        asking.failed(file, file.error, timezone.now())
        return
    members.recompute(file.cohort, timezone.now())
    size, most = file.cohort.members.count(), limits.users_in_a_cohort()
    if size > most:
        text = f"The cohort has {size} users, and a file holds at most {most}"
        asking.failed(file, text, timezone.now())
        return
    written = writing_files.write(file)
    asking.completed(file, written, timezone.now())
