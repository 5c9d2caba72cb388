"""The limits of people, each with its unit, reason and source."""

from __future__ import annotations

# Bytes of UTF-8 of an external id: Braze's SDKs cut user ids to 997 bytes
# (Braze SDK documentation, "User ID"); ours refuse what theirs would cut.
MAX_EXTERNAL_ID_BYTES = 997
# Characters of an attribute's name, an alias's label or name, a device id: names and property
# keys are at most 255 characters (wire/braze-users-track.md).
MAX_NAME_LENGTH = 255
# Characters of a first name, last name, city: own choice, as names.
MAX_FIELD_LENGTH = 255
# Characters of a phone number: own choice; E.164 has 15 digits, people write blanks and dots.
MAX_PHONE_LENGTH = 40
# Characters of the e-mail address: RFC 5321 allows 254 between the angle brackets.
MAX_EMAIL_LENGTH = 254
# Characters of a text value: own choice; a CSV cell beyond it is a file gone wrong.
MAX_TEXT_LENGTH = 10_000
# Bytes of an array or object as JSON: own choice, as Braze bounds nested attributes.
MAX_JSON_BYTES = 100_000
# Elements of an array: own choice, as Braze's largest.
MAX_ARRAY_ITEMS = 500
# People with one e-mail address or phone number that one call looks at, the most recently updated
# first: own choice; more than two are rare, and a shared test address may have thousands.
MAX_SHARING = 10
# Different custom attributes of a workspace: own choice; more names than that come from data
# that was mistaken for names.
MAX_ATTRIBUTES = 250

# Bytes of an uploaded CSV (packed, if it is .gz): own choice, product.md 3.6 says millions of
# rows; 10 M rows of 200 bytes fit.
MAX_UPLOAD_BYTES = 2 * 1024**3
# Bytes of a CSV once unpacked: own choice, against a small .gz that unpacks for ever.
MAX_UNPACKED_BYTES = 40 * 1024**3
# Bytes of one line (a record with its quoted newlines): a quote that is never closed must not
# read the file into memory.
MAX_RECORD_BYTES = 1024**2
# Columns of a CSV: the attributes of a workspace, and the identities and reserved ones.
MAX_COLUMNS = MAX_ATTRIBUTES + 30
# Refused lines kept per import, to look at and to download: own choice.
MAX_KEPT_PROBLEMS = 10_000
# Rows per transaction of an import: about 0.3 s of work, so that others come between on SQLite.
IMPORT_CHUNK = 2_000
# Rows that are read to guess the types of new attributes and to look for problems.
SAMPLE_ROWS = 1_000
# Rows shown before the start.
PREVIEW_ROWS = 20
# Seconds that a worker may be silent before another takes an import over.
LEASE_SECONDS = 60
# Hours until an upload that nobody started is removed.
UNSTARTED_HOURS = 24
# Seconds that a worker imports before it gives others a turn; well under Celery's time limit.
TURN_SECONDS = 300
# People on a page of a list.
PEOPLE_PER_PAGE = 50
# People whom one /users/export/ids tells (wire/braze-users-track.md).
MAX_EXPORTED = 50
# Characters of what is searched for: nobody is known by more (an external id has 997 bytes).
MAX_SOUGHT = 1_000
# Past imports shown below the upload form.
IMPORTS_SHOWN = 20

# Seconds: what a kept answer tells is this old at most (house.md: refreshed every 60 s at most).
MAX_AGE_SECONDS = 60
# Blocks of 1,048,576 people that whoever asks first counts at once, in about 2 s on two cores;
# more are counted in the background, with progress (product.md 4: 1 M profiles within 3 s).
COUNTED_AT_ONCE_BLOCKS = 1
# People of a block asked about by number; beyond it the whole block costs less (measured).
ASKED_BY_NAME = 100_000
# Blocks of answers in a process's memory: at most 128 kB each, 64 MB.
ANSWER_BLOCKS_KEPT = 512
# Seconds between two notes that an answer is used: own choice, so that reading writes rarely.
USE_NOTED_SECONDS = 3_600
# Days that an answer is kept and brought forward though nobody reads it: own choice.
ANSWERS_KEPT_DAYS = 7

# People whom one request may identify, name or delete (wire/braze-users-track.md, "Identities").
MAX_IDENTITIES = 50
