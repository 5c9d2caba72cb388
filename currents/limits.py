"""The limits of delivery, each with its unit, its reason and its source."""

from __future__ import annotations

from datetime import timedelta

# Lanes of a Current (house.md: identity mod 16).
LANES = 16

# Characters of a name and of a contact's address: what the columns hold.
MAX_NAME = 255
MAX_CONTACT_EMAIL = 254

# Characters of an API key. Amplitude's have 32; the bounds only catch half a key and a whole page
# in the clipboard (own choice).
MIN_API_KEY = 4
MAX_API_KEY = 128

# Event types in one list over REST: more than there are, so that none is cut (own choice).
MAX_LISTED_TYPES = 500

# *Test connection*: seconds of the call (house.md: a job with a limit of 5 s), unfinished ones in
# a workspace at once, and how long a test that no worker took is waited for.
TEST_SECONDS = 5.0
UNFINISHED_TESTS = 5
TEST_PATIENCE = timedelta(minutes=2)

# Events that one request of a claim may read on for, at most; filtered ones included, so that a
# claim of a Current that chose little still ends (house.md: a claim is at most 2,000 events).
EVENTS_PER_CLAIM = 2_000

# How long a claim goes on with the same lanes, request after request, while nothing but delivering
# happens: taking them anew costs as much as sending them (house.md: a claim is at most 2 s).
CLAIM_LASTS = timedelta(seconds=2)

# Lanes of a claim, and the backlog up to which one claim takes all sixteen instead: against a quick
# destination one thread with full requests costs least and delivers most (measured), against a slow
# one the backlog grows past it, and four claims side by side keep the line busy.
LANES_PER_CLAIM = 4
BACKLOG_FOR_ALL_LANES = 20_000

# Seconds beyond the request's own limit after which a lease is taken for lost.
LEASE_MARGIN = timedelta(seconds=10)

# A lease or due time further ahead than this was written by a clock that has been set back since.
LONGEST_LEASE = timedelta(minutes=3)
LONGEST_WAIT = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(minutes=2)
LONGEST_QUOTA_PAUSE = timedelta(hours=25)

# Requests within one claim that strip, split or shrink before it settles what it has.
REQUESTS_PER_CLAIM = 12

# Steps of counting that a claim waits for: half a second's worth, so that a Current with a long
# log behind it does not hold up the others.
STEPS_OF_COUNTING = 5

# How long a Current waits that broke the engine itself, or whose key can't be read.
PUT_OFF = timedelta(minutes=1)

# Latency from which on a destination shares a third of the threads with the other slow ones.
SLOW_MS = 2_000

# Held identities whose events one claim takes up, the longest waiting first.
HOLDS_PER_CLAIM = 50

# How long an id over its daily quota pauses (wire/amplitude-http-v2.md).
QUOTA_PAUSE = timedelta(hours=24)

# 3xx, 404 and other 4xx: after this long the batch becomes dead letters
# (wire/amplitude-http-v2.md, own choice).
UNEXPECTED_PATIENCE = timedelta(hours=24)

# Shares of the window at which the contact is told (product.md 5.4).
MAIL_SHARES = {"half": 0.5, "three_quarters": 0.75, "nine_tenths": 0.9}

# How long attempts are kept (house.md: events and attempts alike).
ATTEMPTS_KEPT = timedelta(days=7)

# Characters of a request and of an answer that an attempt keeps.
SHOWN_REQUEST = 2_000
SHOWN_ANSWER = 2_000

# How much may go out before it is paced: a second's worth at once (own choice), for 30 events/s
# averaged and 500,000 a day for each device and each user (wire/amplitude-http-v2.md).
PACED_BURST = 30

# Events of a held identity that one claim takes up: what pacing lets through in a second.
EVENTS_PER_HOLD = 30

# After how long a paced identity is looked at again: then a second's worth may go.
PACED_PAUSE = timedelta(seconds=1)

# A worker process not seen for this long is gone.
WORKER_GONE = timedelta(seconds=20)

# Daily counts from which on an id is written to the database each minute: a fiftieth of the quota.
CHECKPOINT_FROM = 10_000

# Hot ids remembered for each project.
HOT_IDS = 200

# How long the ledger keeps minutes, which the windows of ten minutes and an hour are told by; then
# half hours, those of a day and a week; then days. A busy Current has 5,000 rows an hour in minutes
# and 200 in half hours (measured: a week of minutes took a second to sum up).
LEDGER_MINUTES_KEPT = timedelta(hours=2)
LEDGER_HALF_HOURS_KEPT = timedelta(days=15)

# Rows that one statement of a clearing job takes, so that it never locks for long.
ROWS_PER_STATEMENT = 1_000

# Seconds after a claim during which a Current that has less than half a request waiting is left to
# gather more: at thousands of events a second requests are full, and a single event goes at once.
GATHERING = 0.1
WORTH_A_REQUEST = 700

# Characters of an event id or an identity that can be looked for (own choice: whole ids, no text).
MAX_LOOKED_FOR = 1_000
