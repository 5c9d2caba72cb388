"""The limits of replays, each with its unit, its reason and its source."""

from __future__ import annotations

from datetime import timedelta

# Events that one step looks at, at most: those of one request (wire/amplitude-http-v2.md).
EVENTS_PER_STEP = 2_000

# How long one turn of a worker lasts; the next turn goes on (own choice, as dropping's).
TURN = timedelta(seconds=20)

# Beyond a request's own limit, after which a lease is taken for lost.
LEASE_MARGIN = timedelta(seconds=15)

# How long a replay waits while its Current sends nothing.
WAITS_FOR_CURRENT = timedelta(seconds=15)

# Events a second by which the time is estimated where nothing was delivered yet (own choice, a
# fifth of what one thread does against a quick destination).
ASSUMED_RATE = 10_000

# Replays that a page and a list show.
LISTED = 50
