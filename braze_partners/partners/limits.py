"""The limits of Amplitude projects, each with its unit, its reason and its source."""

from __future__ import annotations

# Characters of a project's name: what the column holds.
MAX_PROJECT_NAME = 120

# Characters of an API key or a secret key. Amplitude's have 32; the bounds only catch half a key
# and a whole page in the clipboard (own choice).
MIN_KEY = 4
MAX_KEY = 128
