"""The limits of every call to Amplitude, each with its unit, its reason and its source."""

from __future__ import annotations

# Seconds for a name look-up, and for each address to take a connection: several times a bad round
# trip, and a dead host costs little of a worker's time (own choice).
CONNECT_SECONDS = 3.0

# Bytes of the list of a project's cohorts: each comes with its whole definition, some kilobytes,
# and projects have thousands (own choice). Of the other short answers of that API.
MAX_COHORT_LIST_BYTES = 32 * 1024 * 1024
MAX_SHORT_ANSWER_BYTES = 64 * 1024

# A cohort's file: seconds that a pre-signed address lasts (wire/amplitude-cohorts.md), how often
# the API's link is asked for another before that is a failure, bytes read at once (own choices).
URL_LASTS_SECONDS = 60.0
ASKED_ANEW = 3
READ_AT_ONCE = 256 * 1024

# Bytes of a user's profile: some thousand properties; a longer one is not read (own choice).
MAX_PROFILE_BYTES = 1024 * 1024
