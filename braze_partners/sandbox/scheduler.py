"""The thread that carries syncs: finds what is due, hands it to senders, sleeps until the next.

It also lets cohorts by rule follow the events. It keeps nothing that matters in memory; whatever
it was doing is found in the database at start.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, connections
from django.utils import timezone

from braze_partners.sandbox import braze, limits, sending, syncing
from braze_partners.sandbox.following import Follower
from braze_partners.sandbox.models import Sync, SyncRequest
from braze_partners.sandbox.retrying import Answer
from braze_partners.sandbox.sending import Booked

log = logging.getLogger(__name__)

# Seconds between looks when nothing wakes us: a schedule is at most so late (own choice).
IDLE_SECONDS = 2.0

# Seconds between looks while requests are due but four are under way; an answer wakes us earlier.
BUSY_SECONDS = 0.1

_awake = threading.Event()


def wake() -> None:
    """Called after something was queued or settled in this process."""
    _awake.set()


class Scheduler(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="sandbox-scheduler", daemon=True)
        self._ending = threading.Event()
        self._follower = Follower()
        self._senders = ThreadPoolExecutor(
            limits.REQUESTS_AT_ONCE_IN_ALL, thread_name_prefix="sandbox-sender"
        )

    def run(self) -> None:
        sending.release(timezone.now())
        while not self._ending.is_set():
            _awake.clear()
            try:
                pause = self._turn()
            except Exception:
                log.exception("a turn of the scheduler failed; it goes on")
                pause = IDLE_SECONDS
            _awake.wait(pause)
        connections.close_all()

    def end(self) -> None:
        """Takes up nothing more; what is under way is repeated after the next start."""
        self._ending.set()
        wake()
        self._senders.shutdown(wait=False, cancel_futures=True)

    def _turn(self) -> float:
        now = timezone.now()
        self._follower.follow(now)
        syncing.ask_scheduled(now)
        for sync in self._live(Sync.State.QUEUED):
            self._prepare(sync)
        for sync in self._live(Sync.State.RUNNING):
            self._send_due(sync)
            sync.refresh_from_db()
            sending.finish(sync, timezone.now())
        seconds = sending.next_due(timezone.now())
        if seconds is None:
            return IDLE_SECONDS
        return min(max(seconds, BUSY_SECONDS), IDLE_SECONDS)

    def _live(self, state: str) -> list[Sync]:
        waiting = Sync.objects.filter(state=state).order_by("created_at")
        return list(waiting.select_related("cohort", "link__cohort"))

    def _prepare(self, sync: Sync) -> None:
        now = timezone.now()
        if sync.stop_asked:
            syncing.move(sync, Sync.State.QUEUED, Sync.State.STOPPED, finished_at=now)
        else:
            syncing.prepare(sync, now)

    def _send_due(self, sync: Sync) -> None:
        under_way = SyncRequest.objects.filter(state=SyncRequest.State.SENDING).count()
        room = limits.REQUESTS_AT_ONCE_IN_ALL - under_way
        for request in sending.due(sync, timezone.now(), room):
            booked = sending.book(sync, request, timezone.now())
            if booked is None:
                return
            self._senders.submit(self._attempt, booked)

    def _attempt(self, booked: Booked) -> None:
        try:
            answer = braze.send(booked.call, limits.request_timeouts())
        except Exception as failed:
            log.exception("a request could not be sent")
            answer = Answer(None, type(failed).__name__, 0)
        while not self._settled(booked, answer) and not self._ending.wait(IDLE_SECONDS):
            pass
        wake()

    def _settled(self, booked: Booked, answer: Answer) -> bool:
        try:
            sending.settle(booked, answer, timezone.now())
        except DatabaseError:
            log.exception("an answer could not be written yet")
            return False
        return True
