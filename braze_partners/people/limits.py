"""The limits of people, each with its unit, reason and source."""

from __future__ import annotations

# Bytes of UTF-8 of an external id: Braze's SDKs cut user ids to 997 bytes
# (Braze SDK documentation, "User ID"); ours refuse what theirs would cut.
MAX_EXTERNAL_ID_BYTES = 997
# Characters of an attribute's name, an alias's label or name, a device id: names and property
# keys are at most 255 characters (wire/braze-users-track.md).
MAX_NAME_LENGTH = 255
# Characters of a text value: own choice; a CSV cell beyond it is a file gone wrong.
MAX_TEXT_LENGTH = 10_000
# Different custom attributes of a workspace: own choice, Braze's default block list is as long.
MAX_ATTRIBUTES = 250
# Characters of the e-mail address: RFC 5321 allows 254 between the angle brackets.
MAX_EMAIL_LENGTH = 254
