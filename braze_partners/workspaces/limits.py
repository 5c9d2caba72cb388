"""The limits of this room, each with its unit, its reason and its source."""

from __future__ import annotations

from datetime import timedelta

# How long an invitation's link works. Own choice: long enough for a holiday's first week back.
INVITATION_LIFETIME = timedelta(days=7)

# Open invitations of one workspace, so that nobody mails the world through us. Own choice.
MAX_OPEN_INVITATIONS = 200

# How old a member's "last seen" may get before a page view writes it again; a write per minute
# and person is not felt. Own choice (house.md: last-used times off the hot path).
LAST_SEEN_INTERVAL = timedelta(minutes=1)

# Failed sign-ins from one address, over all e-mail addresses, within AXES_COOLOFF_TIME. Own
# choice: ten times the limit of a single account, so that an office behind one address lives.
MAX_FAILURES_PER_ADDRESS = 50

# At most one password link a minute to one account, so that a form cannot flood a mailbox.
PASSWORD_LINK_INTERVAL = timedelta(minutes=1)

# Rows on one page of the members and of the audit log.
MEMBERS_PER_PAGE = 50
AUDIT_ENTRIES_PER_PAGE = 50

# Rows of one audit export, newest first, and how many are read from the database at once.
# Own choice: about 20 MB of CSV, streamed in flat memory.
MAX_EXPORTED_ENTRIES = 100_000
EXPORT_CHUNK = 1_000

# Characters of an audit entry's object; longer names are cut, the object's own page has them.
MAX_TARGET_LENGTH = 300
MAX_ACTOR_LENGTH = 400
MAX_BROWSER_LENGTH = 400
