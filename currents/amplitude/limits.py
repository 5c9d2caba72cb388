"""Amplitude's limits on event upload, each with its unit, its reason and its source."""

from __future__ import annotations

from datetime import timedelta

# Bytes of a request: "under 1 MB" (wire/amplitude-http-v2.md), in the smaller reading of MB.
MAX_REQUEST_BYTES = 999_999

# Events of a request: "under 2,000" (wire/amplitude-http-v2.md).
MAX_EVENTS_PER_REQUEST = 1_999

# Bytes of one event: a request with this event alone, beside the longest key, stays within
# MAX_REQUEST_BYTES. A larger one is a dead letter, "too large" (wire/amplitude-http-v2.md).
MAX_EVENT_BYTES = MAX_REQUEST_BYTES - 2_000

# Characters of a user or device id. Amplitude cuts texts after 1,024, and two people whose ids
# begin alike would become one (wire/amplitude-http-v2.md; filtering them is our own choice).
MAX_ID_CHARACTERS = 1_024

# Events of one device, and of one user, that Amplitude takes (wire/amplitude-http-v2.md).
EVENTS_PER_SECOND_PER_ID = 30
EVENTS_PER_DAY_PER_ID = 500_000
# The day is a rolling one.
QUOTA_WINDOW = timedelta(days=1)

# How long an id that a 429 names is left alone (wire/amplitude-http-v2.md).
THROTTLE_PAUSE = timedelta(seconds=30)

# Bytes of an answer that are read. One that names every id of a full request in each of its maps
# has some 4 MB; what is longer is no answer of Amplitude's.
MAX_ANSWER_BYTES = 4 * 1024 * 1024

# Characters of an answer and of a request that are kept to be shown (own choice): enough to see
# what is wrong, too little to fill a table of attempts with.
MAX_KEPT_CHARACTERS = 2_000

# Characters of a cause, so that causes can be grouped and stay readable (own choice; the column
# of dead letters holds as many).
MAX_CAUSE_CHARACTERS = 200
