"""The limits of the machine endpoints, each with unit, reason and source."""

from __future__ import annotations

# Bytes of a body, where an endpoint names no limit of its own. 1,000 aliases with label and name
# of 255 characters each, escaped, are 3 MB (wire/braze-cohort-import.md names no limit in bytes).
MAX_BODY_BYTES = 4 * 1024 * 1024
# Bytes of a body below these addresses, which name a limit of their own: events come by the
# thousand (wire/braze-currents-http.md), and only theirs may be gzipped.
EVENTS_PATH = "/currents/"
MAX_EVENTS_BODY_BYTES = 10 * 1024 * 1024
# Bytes of a body of /api/v1/: forms, never lists of people.
MAX_API_BODY_BYTES = 1024 * 1024
# Levels of nesting of JSON: our deepest body needs 8; the parser's own stack is the reason.
MAX_JSON_DEPTH = 64
# Requests and seconds of their window, by pool and workspace: an hour on the partners' paths
# (wire/braze-cohort-import.md), in the default pool and for events (as there), 3 s on /users/track
# (wire/braze-users-track.md).
RATES: dict[str, tuple[int, int]] = {
    "partners": (250_000, 3600),
    "currents": (250_000, 3600),
    "default": (250_000, 3600),
    "track": (3_000, 3),
}
# Objects on a page of /api/v1/: default and largest.
PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
# Characters of an Idempotency-Key, and how long its answer is kept (own choice; Stripe keeps 24 h).
MAX_IDEMPOTENCY_KEY = 255
IDEMPOTENCY_HOURS = 24
# Seconds after which a creating call that never answered is taken for dead: twice gunicorn's
# own time-out of a request.
IDEMPOTENCY_LEASE_SECONDS = 60
