"""The limits of every call to Amplitude, each with its unit, its reason and its source."""

from __future__ import annotations

# Seconds for a name look-up, and for each address to take a connection: several times a bad round
# trip, and a dead host costs little of a worker's time (own choice).
CONNECT_SECONDS = 3.0

# Bytes of the list of a project's cohorts: each comes with its whole definition, some kilobytes,
# and projects have thousands (own choice). Of the other short answers of that API.
MAX_COHORT_LIST_BYTES = 32 * 1024 * 1024
MAX_SHORT_ANSWER_BYTES = 64 * 1024
