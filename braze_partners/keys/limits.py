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
# Characters of a label.
MAX_LABEL = 80
# Characters of a masked key's two ends: the prefix with its four letters, and the last four.
SHOWN_START = 8
SHOWN_END = 4
