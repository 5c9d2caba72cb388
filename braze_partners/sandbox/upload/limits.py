"""The limits of the two endpoints with unit, reason and source; settings may lower or raise them.

All are from wire/amplitude-http-v2.md, which quotes Amplitude's documentation.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from braze_partners.sandbox.upload.wire import Endpoint


@dataclass(frozen=True, slots=True)
class Allowed:
    request_bytes: int  # of the body once unpacked; more is answered 413
    events: int  # in a request; more are answered 413
    eps: float  # events a second of each device and of each user, averaged


# The values themselves stand in settings.py, where tests and demos change them:
# - HTTP V2: under 1 MB, under 2,000 events, 30 events a second.
# - Batch: 20 MB, 2,000 events, 1,000 events a second.
# - EPS_WINDOW: seconds over which a rate is averaged (Amplitude's documentation of Batch: 30).
# - DAILY_QUOTA: 500,000 events of a device or a user in 24 hours, counted in steps of an hour.
MEGABYTE = 1024 * 1024

# Bytes read of a body that is too large anyway, so that its sender sees the answer (own choice).
BYTES_READ_IN_VAIN = 64 * MEGABYTE


def of(endpoint: Endpoint) -> Allowed:
    if endpoint is Endpoint.BATCH:
        return Allowed(settings.BATCH_BYTES, settings.BATCH_EVENTS, settings.BATCH_EPS)
    return Allowed(settings.REQUEST_BYTES, settings.REQUEST_EVENTS, settings.EPS)


def eps_window() -> float:
    return float(settings.EPS_WINDOW)


def daily_quota() -> int:
    return int(settings.DAILY_QUOTA)


def project_rates() -> tuple[float, float]:
    """Events and requests a second of the whole project (Starter plan: 1,000 and 100); 0 is off."""
    return float(settings.PROJECT_EPS), float(settings.PROJECT_RPS)
