"""A request to Amplitude as a command for a shell. Pure; it knows no key: the shell has it."""

from __future__ import annotations

from currents.amplitude.payload import request_body

# The key stays out of what people copy into tickets and histories.
KEY = '"$AMPLITUDE_API_KEY"'


def command(url: str, body: bytes) -> str:
    """Sends one event that `payload.event_body` made, when AMPLITUDE_API_KEY is set."""
    before, after = request_body("", [body]).decode().split('""', 1)
    data = f"{_quoted(before + chr(34))}{KEY}{_quoted(chr(34) + after)}"
    return (
        f"curl -X POST {_quoted(url)} \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  --data-raw {data}"
    )


def _quoted(text: str) -> str:
    """As one word, whatever is in it."""
    return "'" + text.replace("'", "'\\''") + "'"
