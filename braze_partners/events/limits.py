"""The limits of events, each with unit, reason and source."""

from __future__ import annotations

# Lanes of a workspace's log, the unit of order and of parallel work (house.md).
LANES = 16
# Objects in each array of a /users/track request (wire/braze-users-track.md).
MAX_TRACKED = 75
# Characters of an event's name, a product id, a property's key (wire/braze-users-track.md).
MAX_EVENT_NAME = 255
# Names of custom events that a workspace keeps: own choice; more than that are not names.
MAX_EVENT_NAMES = 10_000
# Names on a page of /events/list (wire/braze-users-track.md).
NAMES_PER_PAGE = 250
# Pieces of one purchase (wire/braze-users-track.md); each is an event.
MAX_QUANTITY = 100
# Bytes of an event's properties as JSON: as an event of Currents (wire/braze-currents-http.md).
MAX_PROPERTIES_BYTES = 900 * 1024
# Events of one row of the log: a /users/track of 75 events and 75 purchases of quantity 100 is
# 7,575 (wire/braze-users-track.md); readers and look-ups rely on it.
MAX_EVENTS_PER_BATCH = 10_000
# Seconds a writer waits on PostgreSQL for those before it in the log, then 503: as long as on
# SQLite (SQLITE_BUSY_TIMEOUT).
HEAD_WAIT_SECONDS = 15
# (from so many events of a batch on, frames). Measured with events of 739 bytes: in one frame 122
# bytes an event at 100 a batch and 112 at 1,000; in four 143 and 116; in sixteen 198 and 126.
# Reading one lane alone costs 10, 3.5 and 1.6 µs an event.
FRAMES_FROM = ((400, 16), (50, 4), (0, 1))
# Level of zstd: at these sizes level 3 costs 60 % more time and saves nothing (measured).
COMPRESSION_LEVEL = 1
# Rows of the log that one reading takes at most: their headers stay below 100 kB.
MAX_BATCHES_PER_READ = 256
# Rows whose counts are given at once: about 100 bytes each.
MAX_COUNTS_PER_READ = 5_000
# Rows that a look-up fetches at once.
LOOKUP_CHUNK = 20
# Events and bytes of a request to /currents/events, gzip unpacked (wire/braze-currents-http.md).
MAX_EVENTS_PER_REQUEST = 5_000
MAX_BODY_BYTES = 10 * 1024 * 1024
# Bytes of one event: real Currents drops larger ones (wire/braze-currents-http.md).
MAX_EVENT_BYTES = 900 * 1024
# Seconds since 1970 from which on a time is taken for milliseconds: thirteen digits.
MILLISECONDS_FROM = 1_000_000_000_000
# The last second that a calendar has: the year 9999.
MAX_TIME_SECONDS = 253_402_300_799
# Characters of an event's id in an answer that lists refused events: own choice; the index says
# which event it is.
MAX_SHOWN_ID = 200
# Requests of at most so many events are stored together with others that come meanwhile, and so
# many events at most at once: a larger one is worth a commit of its own.
SMALL_REQUEST = 400
MAX_EVENTS_TOGETHER = 2_000
# Seconds a request waits for another that stores for it: above what any commit takes.
WAIT_SECONDS = 20
# Days of the log's partitions made ahead: a worker may be away so long before batches fall into
# the default partition.
PARTITION_DAYS_AHEAD = 3
# Milliseconds that making or dropping a partition waits for those who read or write just then;
# the next run tries again.
PARTITION_PATIENCE_MS = 1_000
# Bytes of the default partition up to which its batches are moved into a day that is made late:
# about a second of copying, during which the log stands still.
MOVABLE_BYTES = 64 * 1024 * 1024
# Days after which a batch goes even if an active Current still needs it (product.md 5.4).
HARD_LIMIT_DAYS = 14
# Batches that are deleted in one transaction where there is no partition to drop.
RETIRE_CHUNK = 200
# Tombstones that are compared in memory: beyond it the database looks the identities up.
TOMBSTONES_COMPARED = 1_000
# Deleted identities whose events are blanked in one pass over the log.
BLANKED_AT_ONCE = 100
# Events whose people's last-active times are moved together, and the seconds for which one run of
# the job follows one workspace before the next has its turn.
FOLLOWED_AT_ONCE = 20_000
FOLLOW_SECONDS = 20
# Bits of a batch's filter for each hash, of which two are set: it is wrong about one batch in
# twenty. Its size is a power of two; of a thousand events, two filters and what else is in the row
# fill a third of a page.
FILTER_BITS_PER_HASH = 8
MIN_FILTER_BITS = 64
MAX_FILTER_BITS = 8_192
