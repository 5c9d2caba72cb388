"""What the User Profile API says of one user, and how many look-ups a minute it takes; no HTTP."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime
from typing import Any

from django.conf import settings

from braze_partners.sandbox.models import AmplitudeUser

# Seconds in which the look-ups are counted: 600 a minute (wire/amplitude-user-profile.md).
WINDOW_SECONDS = 60


class Rate:
    """The look-ups of the last minute, in memory: a restart begins anew."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()
        self._lock = threading.Lock()

    def admits(self, now: datetime) -> bool:
        moment = now.timestamp()
        with self._lock:
            while self._moments and self._moments[0] <= moment - WINDOW_SECONDS:
                self._moments.popleft()
            if len(self._moments) >= settings.PROFILE_REQUESTS:
                return False
            self._moments.append(moment)
            return True


rate = Rate()


def found(user_id: str, device_id: str) -> AmplitudeUser | None:
    """By the user ID, or whoever was seen last on the device."""
    by_user = AmplitudeUser.objects.filter(user_id=user_id).first() if user_id else None
    if by_user is not None or not device_id:
        return by_user
    return AmplitudeUser.objects.filter(devices__device_id=device_id).first()


def as_json(user: AmplitudeUser, *, properties: bool, cohorts: bool) -> dict[str, Any]:
    """What was not asked for is null. The project makes no recommendations and no computations."""
    return {
        "user_id": user.user_id,
        "device_id": user.device_id,
        "amp_props": user.properties if properties else None,
        "cohort_ids": _cohort_ids(user) if cohorts else None,
        "recommendations": None,
    }


def _cohort_ids(user: AmplitudeUser) -> list[str]:
    return list(user.memberships.order_by("cohort_id").values_list("cohort_id", flat=True))
