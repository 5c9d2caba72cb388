"""The limits of the import, each with its unit, its reason and its source."""

from __future__ import annotations

from datetime import timedelta

# Identifiers of all kinds over all objects of a request (wire/braze-cohort-import.md).
MAX_IDENTIFIERS_PER_REQUEST = 1_000

# Bytes of a request body. 1,000 identifiers of the longest kept length (997 characters) in
# UTF-8 with their quotes stay below (own choice).
MAX_BODY_BYTES = 4 * 1024 * 1024

# Characters: what the columns hold (own choice; Braze names none).
MAX_NAME_CHARACTERS = 255
MAX_COHORT_ID_CHARACTERS = 255

# Unfolded runs of a cohort from which on it is folded: eight add 5 ms to a read (house.md).
FOLD_FROM_RUNS = 8

# Without a run for so long a cohort is folded though fewer wait: a person's page looks at every
# cohort, and what is folded costs it a few bytes each (own choice).
QUIET = timedelta(minutes=2)

# Runs about which one row of "who was touched" speaks: asking "which run" reads a row for so many,
# and then so many runs (own choice).
RUNS_PER_TOUCHED = 64

# Cohorts folded by one sweep, so that a sweep stays short; the next goes on.
FOLDS_PER_SWEEP = 200

# Runs that one fold takes in at most, so that a fold's memory stays flat.
RUNS_PER_FOLD = 2_000

# Bytes of bitmaps that a process keeps in memory: some fifty dense cohorts of a million.
CACHED_BYTES = 64 * 1024 * 1024

# Lost races after which a request asks for the cohort's lock instead of trying again.
OPTIMISTIC_ATTEMPTS = 5

# Seconds after a lost race during which another process is taken to push to the cohort as well;
# a full list comes as some requests a second.
CONTENDED = 2.0

# How long a request waits for a cohort before it answers 423 (own choice; the caller's own
# time-out is usually 30 s).
LOCK_WAIT = timedelta(seconds=5)

# How long a run keeps its bitmaps, and its list of skipped identifiers (house.md).
RUN_BITMAPS_KEPT = timedelta(days=400)
SKIPPED_KEPT = timedelta(days=30)

# Rows that one statement of the retention job changes, so that it never locks for long.
RETIRED_PER_STATEMENT = 1_000

# Refused requests that one process records per key and minute: enough to see what is wrong,
# too few to fill a disk with.
REFUSALS_RECORDED_PER_MINUTE = 60

# Points of a size curve: more than a chart has pixels for is waste.
HISTORY_POINTS = 400

# The pause after which the next push begins another group (product.md 3.3).
GROUP_PAUSE = timedelta(minutes=10)

# How long a group lasts at most, so that a partner who never pauses has groups too (own choice).
GROUP_LASTS = timedelta(hours=24)

# Runs of a cohort that a re-apply reads at once, and between two of which it saves how far it is.
REAPPLY_RUNS_AT_ONCE = 64

# Identifiers that a re-apply looks up with one statement.
REAPPLY_IDENTIFIERS_AT_ONCE = 10_000

# A re-apply of no more runs and identifiers than these is done while its asker waits: a tenth of
# a second. What is larger goes on in the background.
REAPPLY_AT_ONCE_RUNS = 64
REAPPLY_AT_ONCE_IDENTIFIERS = 10_000

# Seconds that a worker holds a re-apply without a sign of life, and works on it before it lets
# others have a turn.
REAPPLY_LEASE_SECONDS = 120
REAPPLY_TURN_SECONDS = 20

# How often a re-apply begins its last step anew because a push came between, before it goes to
# the end of the queue.
REAPPLY_OVERTAKEN = 5

# How long finished re-applies are remembered.
REAPPLIES_KEPT = timedelta(days=30)

# What one step of a search through skipped identifiers reads at most: runs, compressed bytes
# (some two million identifiers a second can be looked through), and runs with one statement.
SEARCHED_RUNS = 5_000
SEARCHED_BYTES = 4 * 1024 * 1024
SEARCHED_AT_ONCE = 100

# How long data points are kept: five years, since they are what a contract is compared with.
DATA_POINTS_KEPT = timedelta(days=5 * 366)

# Days that the ledger shows at once; a year's page reads at most 400 rows a cohort and source.
DAYS_IN_LEDGER = 400

# Rows of the ledger's tables by source and by cohort; the CSV file and REST have all.
SOURCES_IN_LEDGER = 200
COHORTS_IN_LEDGER = 50

# Rows of the CSV file that are read at once.
POINTS_EXPORT_CHUNK = 1_000
