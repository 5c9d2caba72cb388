"""Every limit of the sandbox with its unit, reason and source; it knows settings and no models."""

from __future__ import annotations

from django.conf import settings

# Identifiers in one request, additions and removals together (wire/braze-cohort-import.md).
IDS_PER_REQUEST = 1_000

# Requests of one sync in flight at a time: what Amplitude does (wire/amplitude-cohorts.md).
REQUESTS_AT_ONCE = 4

# Requests of all syncs in flight at a time: four cohorts may sync without waiting (own choice).
REQUESTS_AT_ONCE_IN_ALL = 16

# Seconds before each of the 8 retries: "backoff from 1 s to over 2 min", what Amplitude does
# (wire/amplitude-cohorts.md). In all 255 s (4 min 15 s) of waiting before a request is given up.
RETRY_DELAYS: tuple[float, ...] = (1, 2, 4, 8, 16, 32, 64, 128)

# Seconds to connect, and to wait for an answer: a cohort import takes milliseconds, and a page
# that tests a key must not stand still for long (own choice).
CONNECT_TIMEOUT = 3.0
ANSWER_TIMEOUT = 10.0
TEST_TIMEOUT = 5.0

# Bytes of an answer that are read; Braze's errors are a few hundred (own choice).
ANSWER_BYTES = 16_384

# Characters of one identifier: Braze keeps external ids of up to 997 bytes; ours is plainer.
IDENTIFIER_LENGTH = 255

# Identifiers in one paste or one REST call: keeps a request under a few seconds (own choice).
IDS_PER_CHANGE = 100_000

# Characters of any string in an event; longer ones are cut (wire/amplitude-http-v2.md).
STRING_LENGTH = 1_024

# Characters of a cohort's description (own choice).
DESCRIPTION_LENGTH = 1_000

# Conditions in one rule: what fits on a screen (own choice).
CONDITIONS_PER_RULE = 10

# Events with their bodies, or users, in one answer of the REST interface: some megabytes (own
# choice).
ROWS_PER_ANSWER = 1_000

# Rows on one page of a list (own choice).
ROWS_PER_PAGE = 50
SYNCS_PER_PAGE = 20
FILES_SHOWN = 10

# Seconds after which rules over days are applied again although nothing came, and how many times
# as long as they took all rules rest at least: a fifth of one core (own choice).
RULES_EVERY = 60.0
RULES_REST = 4.0

# Users whom "Shuffle members for a demo" adds and removes: small enough to see at a glance.
SHUFFLE_ADDS = 25
SHUFFLE_REMOVES = 10

# Identifiers written by one SQL statement: well under SQLite's limit of 32,766 parameters.
ROWS_PER_STATEMENT = 5_000


def retry_delays() -> tuple[float, ...]:
    """The schedule above, or a shorter one from SANDBOX_RETRY_DELAYS ("0.1,0.2") for tests."""
    if not settings.RETRY_DELAYS:
        return RETRY_DELAYS
    return tuple(float(part) for part in settings.RETRY_DELAYS.split(","))


def request_timeouts() -> tuple[float, float]:
    """(connect, answer) in seconds, or those of SANDBOX_REQUEST_TIMEOUTS ("1,2")."""
    if not settings.REQUEST_TIMEOUTS:
        return CONNECT_TIMEOUT, ANSWER_TIMEOUT
    connect, answer = settings.REQUEST_TIMEOUTS.split(",")
    return float(connect), float(answer)
