"""Delivers for as long as a worker process runs: threads that claim, send and settle.

Knows threads and the clock; the work itself is engine.py's. State is in the database, so that it
needs no message: one thread at a time looks for what is due, four times a second while nothing is
and at once when another has finished, since that may have made something free.
"""

from __future__ import annotations

import secrets
import threading
import time
from datetime import datetime

import structlog
from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models import Sum
from django.utils import timezone

from currents import engine, pacing
from currents.claiming import Claimed, claim
from currents.limits import GATHERING, WORKER_GONE
from currents.models import DeliveryWorker

log = structlog.get_logger(__name__)

# Seconds between two looks while nothing is due, and after an error of ours or the database's.
IDLE = 0.25
AFTER_ERROR = (0.5, 1.0, 2.0, 5.0, 10.0)
# Seconds between two signs of life.
SIGN_OF_LIFE = 5.0
# Seconds that an ending process waits for requests under way; a lease covers what it leaves.
GRACE = 15.0


class Delivery:
    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or settings.DELIVERY_THREADS
        self.token = secrets.token_hex(16)
        self._ends = threading.Event()
        self._turn = threading.Lock()
        self._something_ended = threading.Event()
        self._all_threads = self.threads
        self._seen = 0.0
        self._running: list[threading.Thread] = []

    def start(self) -> None:
        for number in range(self.threads):
            thread = threading.Thread(target=self._run, name=f"delivery-{number}", daemon=True)
            self._running.append(thread)
            thread.start()
        log.info("delivery_started", threads=self.threads)

    def end(self) -> None:
        """Nothing new is begun; what is under way is waited for, for a while."""
        self._ends.set()
        self._something_ended.set()
        deadline = time.monotonic() + GRACE
        for thread in self._running:
            thread.join(max(0.0, deadline - time.monotonic()))
        log.info("delivery_ended", left=sum(thread.is_alive() for thread in self._running))

    def _run(self) -> None:
        errors = 0
        while not self._ends.is_set():
            try:
                close_old_connections()
                claimed = self._claim()
                if claimed is not None:
                    self._work(claimed)
                errors = 0
            except Exception:  # whatever it is, the next try may go better
                log.exception("delivery_error")
                self._ends.wait(AFTER_ERROR[min(errors, len(AFTER_ERROR) - 1)])
                errors += 1
        connection.close()

    def _work(self, claimed: Claimed) -> None:
        try:
            engine.work(claimed, timezone.now)
        finally:
            self._something_ended.set()

    def _claim(self) -> Claimed | None:
        """One thread at a time: who finds nothing waits here, and the others behind it."""
        with self._turn:
            if self._ends.is_set():
                return None
            self._give_sign(timezone.now())
            self._something_ended.clear()
            claimed = claim(self._all_threads, timezone.now(), GATHERING)
            if claimed is None:
                self._something_ended.wait(IDLE)
            return claimed

    def _give_sign(self, now: datetime) -> None:
        if self._seen and time.monotonic() - self._seen < SIGN_OF_LIFE:
            return
        self._all_threads = sign_of_life(self.token, self.threads, now)
        pacing.publish(now)
        self._seen = time.monotonic()


def sign_of_life(token: str, threads: int, now: datetime) -> int:
    """Notes this process; how many threads all living ones have together."""
    DeliveryWorker.objects.update_or_create(
        token=token, defaults={"threads": threads, "seen_at": now}
    )
    DeliveryWorker.objects.filter(seen_at__lt=now - WORKER_GONE).delete()
    return DeliveryWorker.objects.aggregate(all=Sum("threads"))["all"] or threads
