"""How large a segment may be: each limit with its unit and the reason for it."""

from __future__ import annotations

# Rows of one definition, AND rows and exclusion rows together. Own choice: as many as a person
# can still read on one page; each costs one pass over the members that are left.
MAX_ROWS = 40

# Filters joined by OR in one row. Own choice: the page draws each with its own value box.
MAX_FILTERS_PER_ROW = 20

# Cohorts, segments or external ids named by one filter. Own choice: they are resolved in one
# statement and drawn as chips.
MAX_VALUES_PER_FILTER = 500

# Segments nested in segments, in levels. Own choice: keeps an evaluation's cost foreseeable.
MAX_NESTING = 8

# Characters of an external id (wire/braze-cohort-import.md: a user id has at most 997).
MAX_EXTERNAL_ID = 997

# Seconds after which a REST caller asks again for what is counted for the first time. Own choice.
COUNTING_RETRY_SECONDS = 2

# Characters of a text that an attribute is compared with. Own choice: it is drawn as a chip.
MAX_TEXT_VALUE = 1_000

# Characters, as the columns of `Segment` and `Tag` hold them.
MAX_NAME = 255
MAX_DESCRIPTION = 2_000
MAX_TAG = 60

# Tags of one segment. Own choice: they stand in one line of the list.
MAX_TAGS = 20

# Segments on one page of the list: their rows are most of what a page costs (docs/performance.md,
# "Pages").
LIST_PAGE = 25

# Segments measured with one load of bitmaps. Own choice: keeps that load small.
MEASURED_AT_ONCE = 50

# Segments on one page of /segments/list (wire/braze-users-track.md, "Reading").
BRAZE_LIST_PAGE = 100

# Days that /segments/data_series tells at most: as Braze documents its `length`.
BRAZE_SERIES_DAYS = 100

# People on one page of the Members tab.
MEMBERS_PAGE = 50

# People in a sample of members: on the page, and at most over REST. Own choice: a glance.
SAMPLE = 8
MAX_SAMPLE = 100

# Segments, campaigns or Canvases archived by one call.
ARCHIVED_AT_ONCE = 500

# Cohorts or segments offered while somebody types. Own choice: what fits in one list box.
OPTIONS_SHOWN = 20
# Words of what is typed that are looked for. Own choice: each is one more condition.
WORDS_SOUGHT = 8

# Members per step of a CSV export: about 0.2 s of work, after which it can be cancelled.
EXPORT_CHUNK = 65_536
# People of a file in a zip of /users/export/segment (wire/braze-users-track.md).
EXPORT_PART = 5_000
# Hours for which a link to such a zip holds: as Braze's.
EXPORT_LINK_HOURS = 4
# Seconds of a call that says that a zip is there, bytes of its answer that are read, and seconds
# until it is tried again after a failure: five tries over three hours (own choice).
CALLBACK_SECONDS = 5.0
CALLBACK_ANSWER_BYTES = 2_048
CALLBACK_PAUSES = (60, 300, 1_800, 7_200)
# Seconds that a worker may be silent before another takes an export over; and that it writes
# before others get a turn, well under Celery's time limit.
EXPORT_LEASE_SECONDS = 60
EXPORT_TURN_SECONDS = 300
# Exports of one workspace under way at once. Own choice: each holds a worker.
EXPORTS_AT_ONCE = 5
# Hours that a finished file is kept: it holds personal data. Own choice.
EXPORT_KEPT_HOURS = 24
# Days that one sees who exported what and when on the segment. Own choice; the audit log stays.
EXPORT_ROWS_KEPT_DAYS = 90
# Exports shown on a segment's page.
EXPORTS_SHOWN = 5

# Segments that a person's page asks, the latest edited first. Own choice: five hundred take 60 ms.
SEGMENTS_ASKED = 2_000

# Days of sizes that the chart of a segment shows (house: run bitmaps are kept 400 days).
HISTORY_DAYS = 60
# Days in the small line beside a starred segment (design: "30 days").
SPARKLINE_DAYS = 30
SIZES_KEPT_DAYS = 400

# Changes of a segment told in its history panel.
CHANGES_SHOWN = 50

# Cohorts whose members an evaluation loads whole (and may find in memory); at 10 M people and
# dense they are 64 MB. With more of them blocks are loaded in portions of so many bitmaps, so
# that memory stays flat however many cohorts are chosen (128 kB each at most).
COHORTS_LOADED_WHOLE = 50
BITMAPS_AT_ONCE = 512
