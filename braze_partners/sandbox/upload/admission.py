"""The rates and quotas of this process: admits a request's events whole, or says who is above."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from braze_partners.sandbox.upload import limits, wire
from braze_partners.sandbox.upload.checking import Checked
from braze_partners.sandbox.upload.throttling import HOUR, HOURS_OF_QUOTA, Quota, Rates, counted
from braze_partners.sandbox.upload.throttling import excess as in_words
from braze_partners.sandbox.upload.wire import Endpoint

PROJECT = ("project", "")

_OF_THE_DAY = """
    SELECT '{kind}', {column}, received_ms / 3600000, COUNT(*) + SUM(duplicates)
    FROM sandbox_receivedevent
    WHERE received_ms >= %s AND {column} IS NOT NULL
    GROUP BY 2, 3
"""


@dataclass
class Admission:
    """One for the process; its one lock is held for microseconds."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    rates: dict[Endpoint, Rates] = field(default_factory=dict)
    events: Rates | None = None
    requests: Rates | None = None
    quota: Quota | None = None

    def admit(self, events: Sequence[Checked], endpoint: Endpoint, now: datetime) -> None:
        """Raises Refused when anything of it is above; then nothing of it is counted."""
        at = now.timestamp()
        identities = [(one.user_id, one.device_id) for one in events]
        asked = counted(identities)
        with self.lock:
            self._admit_project(len(events), endpoint, at)
            rates, quota = self._rates(endpoint), self._quota(at)
            above, over = rates.over(asked, at), quota.over(asked, at)
            if above or over:
                found = in_words(above, over, identities)
                raise wire.Refused(wire.too_many(found, round(rates.per_second)))
            rates.take(asked, at)
            quota.take(asked, at)

    def forget(self) -> None:
        """Everybody begins anew, as after the events were deleted."""
        with self.lock:
            self.rates.clear()
            self.events = self.requests = self.quota = None

    def _admit_project(self, count: int, endpoint: Endpoint, at: float) -> None:
        """The Starter plan's limits of the whole project, where they are switched on."""
        if self.events is None or self.requests is None:
            of_events, of_requests = limits.project_rates()
            self.events = Rates(of_events, limits.eps_window())
            self.requests = Rates(of_requests, limits.eps_window())
        for rates, asked in ((self.events, count), (self.requests, 1)):
            if rates.per_second and rates.over({PROJECT: asked}, at):
                threshold = round(self._rates(endpoint).per_second)
                raise wire.Refused(wire.too_many(wire.Excess(), threshold))
        self.events.take({PROJECT: count}, at)
        self.requests.take({PROJECT: 1}, at)

    def _rates(self, endpoint: Endpoint) -> Rates:
        if endpoint not in self.rates:
            self.rates[endpoint] = Rates(limits.of(endpoint).eps, limits.eps_window())
        return self.rates[endpoint]

    def _quota(self, at: float) -> Quota:
        """Counted from what was ingested, so that a restart forgets nothing of the day."""
        if self.quota is None:
            self.quota = Quota(limits.daily_quota())
            begin = (int(at) // HOUR - HOURS_OF_QUOTA + 1) * HOUR * 1_000
            for kind in ("device", "user"):
                with connection.cursor() as cursor:
                    cursor.execute(_OF_THE_DAY.format(kind=kind, column=f"{kind}_id"), [begin])
                    for named, one, hour, count in cursor.fetchall():
                        self.quota.take({(named, one): count}, hour * HOUR)
        return self.quota


admission = Admission()
