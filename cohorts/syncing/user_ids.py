"""Reads the CSV of a cohort's users, gzip or not, into its user ids, some thousand at a time. Pure.

Knows bytes and columns (wire/amplitude-cohorts.md); knows no people and no network. Memory stays
flat: nothing is unfolded, decoded or kept beyond the batch that is handed out. A file that is not
whole or no such list raises BadFile with a sentence for people, at its latest with its last row.
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Iterator
from itertools import islice

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from braze_partners import formatting
from cohorts.syncing.errors import BadFile
from cohorts.syncing.limits import IDS_AT_ONCE, MAX_FILE_BYTES, MAX_LINE_BYTES, MAX_ROWS

USER_ID = "user_id"
GZIP = b"\x1f\x8b"
PIECE = 256 * 1024  # bytes unfolded at once
COLUMNS_NAMED, COLUMN_CHARACTERS = 12, 60
TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)


class UserIds:
    """Iterate it once: lists of ids, each not empty. `rows` and `nameless` (rows without a user
    id) count on meanwhile. `tells_its_end`: the transport itself says where the bytes end."""

    def __init__(
        self, chunks: Iterator[bytes], *, tells_its_end: bool = True, batch: int = IDS_AT_ONCE
    ) -> None:
        self.rows = 0
        self.nameless = 0
        self._batch = batch
        self._raw = _Raw(_unfolded(chunks))
        self._tells_its_end = tells_its_end

    def __iter__(self) -> Iterator[list[str]]:
        text = io.TextIOWrapper(
            io.BufferedReader(self._raw, PIECE), encoding="utf-8-sig", newline=""
        )
        try:
            reader = csv.reader(text, strict=True)
            column, width = self._header(reader)
            yield from self._batches(reader, column, width)
        except UnicodeDecodeError as error:
            raise BadFile("not_utf8", _("The file is not text in UTF-8.")) from error
        except csv.Error as error:
            raise self._malformed(str(error), self.rows + 2) from error
        if not self._tells_its_end and not self._raw.ended_a_line:
            raise _truncated()
        if self.rows > MAX_ROWS:
            raise _too_many(self.rows)

    def _header(self, reader: Iterator[list[str]]) -> tuple[int, int]:
        names = next((row for row in reader if row), None)
        if names is None:
            raise BadFile("empty", _("The file is empty."), passing=True)
        known = [name.strip().lower().replace(" ", "_") for name in names]
        if USER_ID not in known:
            raise _no_column(names)
        return known.index(USER_ID), len(names)

    def _batches(self, reader: Iterator[list[str]], column: int, width: int) -> Iterator[list[str]]:
        """Beyond the limit rows are only counted, so that the refusal can say how many."""
        while rows := list(islice(reader, self._batch)):
            if set(map(len, rows)) != {width}:
                rows = self._without_blank_lines(rows, width)
            self.rows += len(rows)
            if self.rows <= MAX_ROWS:
                ids = [one for row in rows if (one := row[column])]
                self.nameless += len(rows) - len(ids)
                if ids:
                    yield ids

    def _without_blank_lines(self, rows: list[list[str]], width: int) -> list[list[str]]:
        full = [row for row in rows if row]
        for place, row in enumerate(full):
            if len(row) != width:
                text = _("%(found)s fields instead of %(expected)s")
                words = text % {"found": len(row), "expected": width}
                raise self._malformed(words, self.rows + place + 2)
        return full

    def _malformed(self, words: str, line: int) -> BadFile:
        text = _("The file is damaged or cut short in row %(line)s: %(words)s.")
        return BadFile("malformed", text % {"line": line, "words": words}, passing=True)


class _Raw(io.RawIOBase):
    """Pieces as a file that looks at its own beginning, its longest line and its size."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""
        self._size = 0
        self._in_line = 0

    @property
    def ended_a_line(self) -> bool:
        return self._in_line == 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        if not self._left:
            self._left = next((piece for piece in self._pieces if piece), b"")
            self._look_at(self._left)
        part = self._left[: len(buffer)]
        self._left = self._left[len(part) :]
        buffer[: len(part)] = part
        return len(part)

    def _look_at(self, piece: bytes) -> None:
        if self._size == 0:
            _look_at_beginning(piece)
        self._size += len(piece)
        if self._size > MAX_FILE_BYTES:
            text = _("The file is larger than %(most)s MB.") % {"most": MAX_FILE_BYTES // 2**20}
            raise BadFile("too_large", text)
        end = piece.rfind(b"\n")
        self._in_line = self._in_line + len(piece) if end < 0 else len(piece) - end - 1
        if self._in_line > MAX_LINE_BYTES:
            raise BadFile("malformed", _("The file is no CSV: its lines do not end."))


def _unfolded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """As they are, or unzipped where they begin as gzip does, whatever the headers said."""
    first = b""
    for chunk in chunks:
        first += chunk
        if len(first) >= len(GZIP):
            break
    if not first.startswith(GZIP):
        yield first
        yield from chunks
        return
    unzip = zlib.decompressobj(wbits=31)
    try:
        for chunk in _chain(first, chunks):
            waiting = chunk
            while waiting:
                if unzip.eof:  # one archive after another is one file
                    unzip = zlib.decompressobj(wbits=31)
                yield unzip.decompress(waiting, PIECE)
                waiting = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
        yield unzip.flush()
    except zlib.error as error:
        raise BadFile(
            "damaged", _("The file is damaged: it cannot be unzipped."), passing=True
        ) from error
    if not unzip.eof:
        raise _truncated()


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _look_at_beginning(piece: bytes) -> None:
    start = piece[:4_096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        title = TITLE.search(piece[:4_096])
        named = " ".join(title[1].decode("utf-8", "replace").split()) if title else ""
        text = _("Amplitude sent a web page instead of a CSV file.")
        quoted = _("Its title: %(title)s") % {"title": named.replace("\0", "")} if named else ""
        raise BadFile("html", f"{text} {quoted}".strip(), passing=True)
    if start.startswith((b"{", b"[")):
        raise BadFile("not_csv", _("Amplitude sent JSON instead of a CSV file."), passing=True)


def _no_column(names: list[str]) -> BadFile:
    shown = [name.replace("\0", "")[:COLUMN_CHARACTERS] for name in names[:COLUMNS_NAMED]]
    listed = ", ".join(shown) + (", …" if len(names) > COLUMNS_NAMED else "")
    text = _("The file has no column user_id. Its columns are: %(columns)s.")
    return BadFile("no_user_id_column", text % {"columns": listed})


def _truncated() -> BadFile:
    return BadFile("truncated", _("The file ends in the middle."), passing=True)


def _too_many(rows: int) -> BadFile:
    locale = formatting.locale_of(get_language())
    text = _("The file has %(rows)s rows. The limit is %(most)s users a cohort.")
    told = {"rows": formatting.number(rows, locale), "most": formatting.number(MAX_ROWS, locale)}
    return BadFile("too_many_rows", text % told)
