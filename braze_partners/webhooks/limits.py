"""The limits of webhooks, each with unit, reason and source."""

from __future__ import annotations

from datetime import timedelta

# Webhooks of a workspace (own choice: a handful of systems).
MAX_WEBHOOKS = 20
MAX_DESCRIPTION = 120  # characters
# Random bytes of a secret (Standard Webhooks: 24 to 64).
SECRET_BYTES = 32
# How long the secret before the last signs beside it (own choice: a day to deploy the new one).
OLD_SECRET_SIGNS = timedelta(hours=24)
# Seconds of one call, from the name look-up to the answer's last byte (own choice).
CALL_SECONDS = 10.0
# Bytes kept of an answer: enough to read an error.
ANSWER_BYTES = 2_048
# Between the attempts of one delivery: eight of them, 27 h 35 min from the first to the last.
RETRY_AFTER = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
MAX_ATTEMPTS = len(RETRY_AFTER) + 1
# Nothing got through for so long: it is paused, and the Admins get a letter (own choice).
PAUSED_AFTER = timedelta(days=3)
# What one turn of a worker does for one webhook, so that none holds up the others.
TURN_SECONDS = 30.0
TURN_DELIVERIES = 50
# Longer than a turn can last by more than COOL_DOWN, by which the two are told apart.
LEASE = timedelta(seconds=TURN_SECONDS + CALL_SECONDS + 20)
# Turns at once over the installation: receivers that do not answer must not take the workers from
# imports and exports (the embedded default has four threads).
TURNS_AT_ONCE = 2
# After a failed attempt the others of its webhook wait so long, and other webhooks have their turn.
COOL_DOWN = timedelta(seconds=15)
# Days that deliveries are kept.
DELIVERIES_KEPT = timedelta(days=30)
# Longer than a mail server is waited for (settings.EMAIL_TIMEOUT).
LETTER_LEASE = timedelta(minutes=2)
