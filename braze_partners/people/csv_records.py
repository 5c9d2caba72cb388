"""Reads a CSV record by record in flat memory, knowing each record's line and byte offset.

Knows bytes, quotes and UTF-8; knows not what a column means. Python's csv module reads a record,
but only our own cutting of lines can say where to go on after a kill.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from braze_partners.people.limits import MAX_RECORD_BYTES, MAX_UNPACKED_BYTES

BOM = b"\xef\xbb\xbf"
_SKIP = 64 * 1024


@dataclass(slots=True)
class Record:
    """One record: the line it begins on (from 1), where the next one begins, and its cells.

    With a `problem` there are no cells. A blank line has neither.
    """

    line: int
    next_line: int
    end: int
    cells: list[str]
    problem: str = ""


class Records:
    """The records of a stream that stands at `offset`, the beginning of line `line`."""

    def __init__(
        self, stream: BinaryIO, delimiter: str = ",", offset: int = 0, line: int = 1
    ) -> None:
        self.delimiter = delimiter
        self._stream = stream
        self._offset = offset
        self._line = line
        self._again: deque[bytes] = deque()

    def __iter__(self) -> Iterator[Record]:
        while raw := self._cut():
            yield self._record(raw)
            if self._offset > MAX_UNPACKED_BYTES:
                raise ValueError(_("The unpacked file is larger than 40 GB."))

    def _cut(self) -> list[bytes]:
        """The lines of the next record; more than one when a quoted cell holds newlines."""
        first = self._next_line()
        if not first:
            return []
        lines, size, quotes = [first], len(first), first.count(b'"')
        while quotes % 2 and size <= MAX_RECORD_BYTES and (more := self._next_line()):
            lines.append(more)
            size += len(more)
            quotes += more.count(b'"')
        if quotes % 2 and len(lines) > 1:
            self._again.extendleft(reversed(lines[1:]))
            return lines[:1]
        return lines

    def _next_line(self) -> bytes:
        if self._again:
            return self._again.popleft()
        return self._stream.readline(MAX_RECORD_BYTES + 1)

    def _record(self, lines: list[bytes]) -> Record:
        raw = b"".join(lines)
        too_long = len(raw) > MAX_RECORD_BYTES
        line = self._line
        self._offset += len(raw)
        self._line += len(lines)
        if too_long and not raw.endswith(b"\n"):
            self._offset += self._skip_line()
        record = Record(line, self._line, self._offset, [])
        if too_long:
            record.problem = _("This line is longer than 1 MB.")
            return record
        try:
            record.cells = self._cells(raw, first=record.end == len(raw))
        except ValueError as problem:
            record.problem = str(problem)
        return record

    def _skip_line(self) -> int:
        skipped = 0
        while chunk := self._stream.readline(_SKIP):
            skipped += len(chunk)
            if chunk.endswith(b"\n"):
                break
        return skipped

    def _cells(self, raw: bytes, first: bool) -> list[str]:
        if b"\0" in raw:
            raise ValueError(_("This line holds a NUL character."))
        try:
            text = (raw.removeprefix(BOM) if first else raw).decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            where = {"byte": error.start + 1}
            raise ValueError(_("This line is not UTF-8 (byte %(byte)d).") % where) from None
        if '"' not in text and "\r" not in text:
            return text.split(self.delimiter) if text else []
        if text.count('"') % 2:
            raise ValueError(_("A quote is opened here and never closed."))
        try:
            return next(csv.reader([text], delimiter=self.delimiter), [])
        except csv.Error as error:
            raise ValueError(_("This line can't be read: %s.") % error) from None


def delimiter_of(header: str) -> str:
    """The delimiter of a file by its first line: comma, semicolon or tab, whichever is most."""
    return max(",;\t", key=header.count)
