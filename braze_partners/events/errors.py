"""What can go wrong with events, as answers."""

from __future__ import annotations

from collections.abc import Mapping

from braze_partners.errors import Unavailable

RETRY_AFTER = 2  # seconds; as a busy database has it (braze_partners/busy.py)


class LogUnavailable(Unavailable):
    """The log takes nothing at the moment: no space, no database. Nothing was stored."""

    message = "Events cannot be stored at the moment; retry in a moment"

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(headers={"Retry-After": str(RETRY_AFTER), **(headers or {})})
