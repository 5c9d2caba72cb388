"""The limits of every call to Amplitude, each with its unit, its reason and its source."""

from __future__ import annotations

# Seconds for a name look-up, and for each address to take a connection: several times a bad round
# trip, and a dead host costs little of a worker's time (own choice).
CONNECT_SECONDS = 3.0
