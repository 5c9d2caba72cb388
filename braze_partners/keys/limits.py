"""The limits of keys, each with unit, reason and source."""

from __future__ import annotations

# Bits of randomness in a key (product.md 3.2).
KEY_BITS = 256
# Attempts with an invalid key from one address in a window, then 429 for invalid ones (own choice:
# far above a client with one wrong key that retries now and then; guessing is hopeless anyway).
FAILURES_PER_WINDOW = 60
FAILURE_WINDOW_SECONDS = 600
# Seconds between two writes of one key's use (product.md 3.2: at most once a minute).
USE_WRITE_SECONDS = 60
# Days for which calls per hour are kept: the screens show 24 hours; the rest is for a look back.
USE_KEPT_DAYS = 30
# Seconds for which a rotated key stays valid: none, 1 h, 24 h, 7 days (product.md 3.2).
GRACES = (0, 3_600, 24 * 3_600, 7 * 24 * 3_600)
GRACE_CHOSEN = 24 * 3_600  # what the form begins with: a partner's daily sync comes once within it
# Seconds of silence after which a rotated key is safe to end while its successor is in use: an
# hour; a day where both were in use side by side, for then two clients have them (own choice).
QUIET_SECONDS = 3_600
QUIET_SECONDS_SIDE_BY_SIDE = 24 * 3_600
# Hours for which it is told that a key has ended while it was still used (own choice).
ENDED_TOLD_HOURS = 24
# Addresses and networks that a REST key may be bound to (own choice: a fleet's, by hand).
MAX_ADDRESSES = 50
# Characters of a label.
MAX_LABEL = 80
# Characters of a masked key's two ends: the prefix with its four letters, and the last four.
SHOWN_START = 8
SHOWN_END = 4
