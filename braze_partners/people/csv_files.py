"""A CSV of people on disk: its header, a sample of it, and its lines as chunks of people.

Knows files (plain or .gz) and the reading of lines; knows no database.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from django.utils.translation import gettext as _

from braze_partners.people.attributes import Type
from braze_partners.people.csv_columns import (
    Column,
    HeaderRefused,
    guess_types,
    read_header,
    read_line,
)
from braze_partners.people.csv_records import Record, Records, delimiter_of
from braze_partners.people.errors import ValueRefused
from braze_partners.people.limits import IMPORT_CHUNK, SAMPLE_ROWS
from braze_partners.people.profiles import NewPerson

# What reading a file can raise when its content, not its place, is at fault.
UNREADABLE = (gzip.BadGzipFile, EOFError, ValueError, zlib.error)


@dataclass(slots=True, frozen=True)
class Problem:
    """A refused line, the column at fault (if one is), and why."""

    line: int
    column: str
    text: str


@dataclass(slots=True)
class Chunk:
    """Consecutive lines: the people they name, each with its line, and the refused ones."""

    end: int
    next_line: int
    people: list[NewPerson] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.people) + len(self.problems)


@dataclass(slots=True, frozen=True)
class Layout:
    """What the first line says: the columns, the delimiter, and where the people begin."""

    columns: list[Column]
    delimiter: str
    offset: int
    line: int


@dataclass(slots=True, frozen=True)
class Opened:
    """A CSV being read: its unpacked bytes, and how much of the file itself has been read."""

    stream: BinaryIO
    raw: BinaryIO

    @property
    def share(self) -> float:
        """0 to 1, by the bytes on disk, so that a .gz has one too."""
        size = os.fstat(self.raw.fileno()).st_size
        return min(1.0, self.raw.tell() / size) if size else 1.0


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The file, unpacked when its name says .gz."""
    with path.open("rb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield Opened(cast("BinaryIO", unpacked), raw)
        else:
            yield Opened(raw, raw)


def layout_of(stream: BinaryIO) -> Layout:
    """Raises HeaderRefused when the first line can't be used."""
    try:
        first = next(iter(Records(stream, ",")), None)
        if first is None:
            raise HeaderRefused(_("The file is empty: its first line must name the columns."))
        if first.problem:
            raise HeaderRefused(_("The first line can't be read. %s") % first.problem)
        delimiter = delimiter_of(",".join(first.cells))
        if delimiter != ",":
            stream.seek(0)
            first = next(iter(Records(stream, delimiter)))
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise HeaderRefused(_("The file is no gzip file, or it is cut off.")) from None
    return Layout(read_header(first.cells), delimiter, first.end, first.next_line)


def records_of(stream: BinaryIO, layout: Layout, offset: int, line: int) -> Records:
    """The records from a place on; `offset` 0 means from the first person."""
    offset, line = (offset, line) if offset else (layout.offset, layout.line)
    stream.seek(offset)
    return Records(stream, layout.delimiter, offset, line)


@dataclass(slots=True)
class Sample:
    """The first lines of a file, before anything is applied."""

    layout: Layout
    cells: list[list[str]]
    types: dict[str, Type]
    problems: list[Problem]
    more: bool


def sample_of(path: Path, known: Mapping[str, Type]) -> Sample:
    """The first 1,000 records, and the type of each attribute: the known one, else a guess."""
    with opened(path) as file:
        layout = layout_of(file.stream)
        records = iter(records_of(file.stream, layout, 0, 0))
        try:
            first = list(islice(records, SAMPLE_ROWS))
            more = next(records, None) is not None
        except UNREADABLE:
            raise HeaderRefused(_("The file is no gzip file, or it is cut off.")) from None
    cells = [record.cells for record in first if record.cells]
    types = {**guess_types(layout.columns, cells), **_known_here(layout, known)}
    chunk = Chunk(0, 0)
    for record in first:
        _take(chunk, record, layout, types)
    return Sample(layout, cells, types, chunk.problems, more)


def _known_here(layout: Layout, known: Mapping[str, Type]) -> dict[str, Type]:
    return {column.name: known[column.name] for column in layout.columns if column.name in known}


def chunks(
    records: Records, layout: Layout, types: Mapping[str, Type], size: int = IMPORT_CHUNK
) -> Iterator[Chunk]:
    """The file's people in chunks of `size` rows; blank lines count as nothing."""
    chunk = Chunk(0, 0)
    for record in records:
        _take(chunk, record, layout, types)
        chunk.end, chunk.next_line = record.end, record.next_line
        if chunk.rows >= size:
            yield chunk
            chunk = Chunk(record.end, record.next_line)
    if chunk.end:
        yield chunk


def _take(chunk: Chunk, record: Record, layout: Layout, types: Mapping[str, Type]) -> None:
    if record.problem:
        chunk.problems.append(Problem(record.line, "", record.problem))
        return
    if not record.cells:
        return
    try:
        person = read_line(layout.columns, types, record.cells)
    except ValueRefused as refused:
        chunk.problems.append(Problem(record.line, refused.column, str(refused)))
        return
    chunk.people.append(person)
    chunk.lines.append(record.line)
