"""Reads the CSV of a cohort's users, gzip or not, into its user ids, some thousand at a time. Pure.

Knows bytes and columns (wire/amplitude-cohorts.md); knows no people and no network. Memory stays
flat: nothing is unfolded, decoded or kept beyond the batch that is handed out. A file that is not
whole or no such list raises BadFile with a sentence for people, at its latest with its last row.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat

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
        self._blocks = _Blocks(_looked_at(_unfolded(chunks)), must_end_a_line=not tells_its_end)
        self._column, self._width = 0, 0

    def __iter__(self) -> Iterator[list[str]]:
        """Beyond the limit rows are only counted, so that the refusal can say how many."""
        waiting: list[str] = []
        try:
            for values in self._values():
                self.rows += len(values)
                if self.rows > MAX_ROWS:
                    continue
                ids = list(filter(None, values))
                self.nameless += len(values) - len(ids)
                waiting += ids
                if len(waiting) >= self._batch:
                    yield waiting
                    waiting = []
        except UnicodeDecodeError as error:
            raise BadFile("not_utf8", _("The file is not text in UTF-8.")) from error
        except csv.Error as error:
            raise self._malformed(str(error), self.rows + 2) from error
        if self.rows > MAX_ROWS:
            raise _too_many(self.rows)
        if waiting:
            yield waiting

    def _values(self) -> Iterator[list[str]]:
        """The user ids of some rows at a time. Lines are split here as long as nothing is quoted,
        at a third of what a CSV reader costs; from the first quote on it reads the rest."""
        first = next(self._blocks, "")
        line, _newline, rest = first.partition("\n")
        if _must_be_parsed(line):
            yield from self._parsed(chain([first], self._blocks), with_header=True)
            return
        self._take_header(line.rstrip("\r").split(","))
        for block in chain([rest] if rest else [], self._blocks):
            if _must_be_parsed(block):
                yield from self._parsed(chain([block], self._blocks), with_header=False)
                return
            yield self._split(block)

    def _take_header(self, names: list[str]) -> None:
        known = [name.strip().lower().replace(" ", "_") for name in names]
        if USER_ID not in known:
            raise _no_column(names)
        self._column, self._width = known.index(USER_ID), len(names)

    def _split(self, block: str) -> list[str]:
        lines = block.replace("\r\n", "\n").removesuffix("\n").split("\n")
        if "" in lines:
            lines = list(filter(None, lines))
        commas = list(map(str.count, lines, repeat(",")))
        if commas.count(self._width - 1) != len(commas):
            self._require_width(count + 1 for count in commas)
        if self._width == 1:
            return lines
        return ",".join(lines).split(",")[self._column :: self._width] if lines else []

    def _parsed(self, blocks: Iterator[str], *, with_header: bool) -> Iterator[list[str]]:
        lines = (line for block in blocks for line in io.StringIO(block, newline=""))
        rows = filter(None, csv.reader(lines, strict=True))
        if with_header:
            self._take_header(next(rows))
        while some := list(islice(rows, self._batch)):
            self._require_width(map(len, some))
            yield [row[self._column] for row in some]

    def _require_width(self, widths: Iterable[int]) -> None:
        for place, width in enumerate(widths):
            if width != self._width:
                text = _("%(found)s fields instead of %(expected)s")
                words = text % {"found": width, "expected": self._width}
                raise self._malformed(words, self.rows + place + 2)

    def _malformed(self, words: str, line: int) -> BadFile:
        text = _("The file is damaged or cut short in row %(line)s: %(words)s.")
        return BadFile("malformed", text % {"line": line, "words": words}, passing=True)


class _Blocks:
    """Text in blocks of whole lines; without blank lines before the first."""

    def __init__(self, pieces: Iterator[bytes], *, must_end_a_line: bool) -> None:
        self._pieces = pieces
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._must_end_a_line = must_end_a_line
        self._rest = ""
        self._began = False

    def __iter__(self) -> _Blocks:
        return self

    def __next__(self) -> str:
        for piece in self._pieces:
            text = self._begun(self._rest + self._decoder.decode(piece))
            end = text.rfind("\n") + 1
            self._rest = text[end:]
            if end:
                return text[:end]
        last, self._rest = self._rest + self._decoder.decode(b"", final=True), ""
        if not self._began:
            raise BadFile("empty", _("The file is empty."), passing=True)
        if not last:
            raise StopIteration
        if self._must_end_a_line:
            raise _truncated()
        return last

    def _begun(self, text: str) -> str:
        if not self._began:
            text = text.lstrip("\r\n")
            self._began = bool(text)
        return text


def _must_be_parsed(text: str) -> bool:
    return '"' in text or ("\r" in text and "\r" in text.replace("\r\n", ""))


def _looked_at(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Refuses by the beginning, the whole size and the longest line."""
    size, in_line = 0, 0
    for piece in filter(None, pieces):
        if size == 0:
            _look_at_beginning(piece)
        size += len(piece)
        if size > MAX_FILE_BYTES:
            text = _("The file is larger than %(most)s MB.") % {"most": MAX_FILE_BYTES // 2**20}
            raise BadFile("too_large", text)
        end = piece.rfind(b"\n")
        in_line = in_line + len(piece) if end < 0 else len(piece) - end - 1
        if in_line > MAX_LINE_BYTES:
            raise BadFile("malformed", _("The file is no CSV: its lines do not end."))
        yield piece


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
        for chunk in chain([first], chunks):
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
