"""The limits of the Behavioral Cohorts API (wire/amplitude-cohorts.md); it knows settings only."""

from __future__ import annotations

from django.conf import settings

# Files asked for in any ten minutes, and files in progress at a time, for the whole project.
REQUESTS_WINDOW_SECONDS = 600
REQUESTS_AT_ONCE = 4

# Files that may be on their way at a time.
DOWNLOADS_AT_ONCE = 5

# Days for which the API's link to a file works, and seconds for which a pre-signed URL does.
LINK_DAYS = 7
URL_SECONDS = 60

# Bytes of all files kept, packed: beyond that the oldest end before their seven days (own choice).
STORED_BYTES = 2 * 1024**3

# Property columns in one file: what Amplitude keeps of a project's user properties.
PROPERTY_COLUMNS = 1_000

# Bytes of an upload: 2,000,000 ids of some 50 characters (own choice).
UPLOAD_BYTES = 128 * 1024 * 1024

# Bytes that are read, packed or sent at a time; rows that are read at a time (own choice).
CHUNK_BYTES = 64 * 1024
CHUNK_ROWS = 5_000


def requests_in_window() -> int:
    return int(settings.COHORT_REQUESTS)


def users_in_a_cohort() -> int:
    return int(settings.COHORT_USERS)


def seconds_of_work() -> float:
    """How long a file is in progress at least, so that clients meet a 202."""
    return float(settings.COHORT_SECONDS)


def redirect_bytes() -> int:
    """Larger files are answered with a redirect to a pre-signed URL."""
    return int(settings.COHORT_REDIRECT_BYTES)
