"""The limits of pull syncs, each with its unit, its reason and its source."""

from __future__ import annotations

from datetime import timedelta

# Percent of the members before above which a change is held, where nobody chose another (own
# choice): hourly cohorts move by a few percent, a broken list loses far more.
HOLD_PERCENT = 20

# The Behavioral Cohorts API of one project (wire/amplitude-cohorts.md): requests for a cohort in
# ten minutes and at once, downloads at once, and downloads a month on most plans, which is shown
# and not kept.
REQUESTS_PER_WINDOW = 60
REQUEST_WINDOW = timedelta(minutes=10)
REQUESTS_AT_ONCE = 4
DOWNLOADS_AT_ONCE = 5
DOWNLOADS_PER_MONTH = 500
# How long a run waits before it asks again for a place among those at once.
TURN_AGAIN = timedelta(seconds=5)

# Users of a cohort that Amplitude serves (wire/amplitude-cohorts.md).
MAX_ROWS = 2_000_000
# Bytes of its file when unzipped: five hundred for each of them, ten times what ids need; and of
# one line of it (own choices).
MAX_FILE_BYTES = 1024 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024

# Seconds to wait after each failure within a run, then the run fails: 5 s to 10 min, 15 min in
# all, so that an hourly sync is over before its next is due (own choice).
RETRY_DELAYS = (5, 15, 60, 220, 600)

# Seconds between two looks at whether Amplitude has computed the list; the last one goes on. Most
# are there within seconds, large ones take minutes (own choice).
POLL_DELAYS = (1, 2, 5, 10, 20, 30)
# How long it may compute before the run counts that as a failure (own choice).
JOB_PATIENCE = timedelta(minutes=45)

# Seconds of one short call, and of a whole download: 2 M rows are some 100 MB.
CALL_SECONDS = 15.0
DOWNLOAD_SECONDS = 600.0

# How long a worker that is not heard of keeps a run, and how often it is heard of; longer than
# the longest call, shorter than a person's patience.
LEASE = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=5)

# Ids resolved by one statement: larger ones save round trips, and cost memory.
IDS_AT_ONCE = 10_000
# Such statements at once, each over a connection of its own: one alone leaves a core idle.
RESOLVED_AT_ONCE = 2

# People made by one transaction, which others who make people wait for.
CREATED_AT_ONCE = 2_000

# Unknown ids that are listed one by one of each pull; more are counted. A list of that length
# means that the ids are of another kind, which the first hundred say as well (own choice).
MAX_LISTED_SKIPS = 100_000

# How long what nobody decided is kept: the target of a dry run.
DRY_RUN_KEPT = timedelta(days=7)
# How long runs are kept, as runs of pushes keep their bitmaps (house.md), and calls of a project,
# of which the present and the last month are shown.
RUNS_KEPT = timedelta(days=400)
CALLS_KEPT = timedelta(days=62)
