"""A file on its way to whoever asked for it: at most five at a time, in small parts."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

from braze_partners.sandbox.cohort_api.limits import DOWNLOADS_AT_ONCE

_places = threading.BoundedSemaphore(DOWNLOADS_AT_ONCE)


class NoPlace(Exception):
    """Five files are on their way already."""


class Download:
    """The parts of a file; its place is free again when they ended or the line was cut."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._open = _places.acquire(blocking=False)
        if not self._open:
            raise NoPlace

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._open:
            self._open = False
            _places.release()
        if isinstance(self._parts, Generator):
            self._parts.close()
