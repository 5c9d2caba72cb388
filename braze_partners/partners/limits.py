"""The limits of Amplitude projects, each with its unit, its reason and its source."""

from __future__ import annotations

from datetime import timedelta

# Characters of a project's name: what the column holds.
MAX_PROJECT_NAME = 120

# Characters of an API key or a secret key. Amplitude's have 32; the bounds only catch half a key
# and a whole page in the clipboard (own choice).
MIN_KEY = 4
MAX_KEY = 128

# *Test*, and the list to choose a cohort from: seconds of the call (house.md: a job with a limit of
# 5 s), unfinished ones in a workspace at once, and how long one that no worker took is waited for.
CHECK_SECONDS = 5.0
UNFINISHED_CHECKS = 5
CHECK_PATIENCE = timedelta(minutes=2)

# Beyond the call's own limit after which a lease is taken for lost, and how far ahead a lease can
# be that was not written by a clock that has been set back since.
LEASE_MARGIN = timedelta(seconds=10)
LONGEST_LEASE = timedelta(minutes=3)

# How long a list of cohorts is offered before the project is asked anew, how many cohorts are kept
# of one to choose from, and how long checks are kept (own choice).
LIST_FRESH = timedelta(minutes=15)
LISTED_COHORTS = 10_000
CHECKS_KEPT = timedelta(days=7)

# A question about a person: seconds of the call, unfinished ones in a workspace at once, how long
# one that no worker took is waited for, how long an answer serves the next page, and how long it is
# kept at all (house.md: a job with a limit of 5 s; own choice). Amplitude takes 600 a minute.
LOOK_UP_SECONDS = 5.0
UNFINISHED_LOOK_UPS = 20
LOOK_UP_PATIENCE = timedelta(seconds=45)
LOOK_UP_FRESH = timedelta(minutes=1)
LOOK_UP_KEPT = timedelta(minutes=10)
# Projects that a person's page asks, by name (own choice).
PROJECTS_ASKED = 3
