"""The files of exports on this machine's disk: a CSV that grows, or parts of JSON lines that become
one zip. Knows where they are and how they are written; knows no state of an export.

Whoever goes on after a killed worker cuts the CSV back to what the row knows of, or writes the next
part over what was left of it. A zip is made of whole parts, and stands under its name only when it
is whole.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

import orjson
from django.conf import settings
from pyroaring import BitMap

from braze_partners.people import csv_export, exported
from cohorts.segments import limits
from cohorts.segments.models import SegmentExport

Form = SegmentExport.Form


class Writer(Protocol):
    """`chunk` is how many members it takes at once."""

    chunk: int

    def write(self, members: BitMap) -> int:
        """Writes them behind the others; the bytes so far."""

    def finish(self, alive: Callable[[], None]) -> int:
        """Makes the file whole, saying now and then that it is at work; its bytes."""


def folder() -> Path:
    found = Path(settings.VAR_DIR) / "exports"
    found.mkdir(parents=True, exist_ok=True)
    return found


def file_of(export: SegmentExport) -> Path:
    return folder() / f"{export.pk}.{export.form}"


def remove(export: SegmentExport) -> None:
    file_of(export).unlink(missing_ok=True)
    tidy(export)


def tidy(export: SegmentExport) -> None:
    """What a whole file was made of, once nobody can need it again."""
    shutil.rmtree(_parts(export), ignore_errors=True)


def keep_only(pks: Collection[str]) -> None:
    """Files of other exports than these go."""
    for path in folder().iterdir():
        if path.name.split(".")[0] in pks:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(FileNotFoundError):
                path.unlink()


@contextmanager
def writer(export: SegmentExport) -> Iterator[Writer]:
    if export.form == Form.ZIP:
        yield _ZipWriter(export)
        return
    with _opened(export) as file:
        yield _CsvWriter(export, file)


class _CsvWriter:
    def __init__(self, export: SegmentExport, file: BinaryIO) -> None:
        self.chunk = limits.EXPORT_CHUNK
        self._workspace_id = export.workspace_id
        self._file = file

    def write(self, members: BitMap) -> int:
        for piece in csv_export.lines(self._workspace_id, members):
            self._file.write(piece)
        self._file.flush()
        return self._file.tell()

    def finish(self, alive: Callable[[], None]) -> int:
        return self._file.tell()


def _opened(export: SegmentExport) -> BinaryIO:
    """The file, cut back to what the row knows of; a new one begins with the names of columns."""
    path = file_of(export)
    path.touch(mode=0o600)
    file = path.open("r+b")
    file.truncate(export.offset)
    file.seek(export.offset)
    if export.offset == 0:
        file.write(csv_export.header())
    return file


class _ZipWriter:
    def __init__(self, export: SegmentExport) -> None:
        self.chunk = limits.EXPORT_PART
        self._export = export
        self._fields = frozenset(export.fields)
        self._written = export.done
        self._bytes = export.offset
        self._folder = _parts(export)
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def write(self, members: BitMap) -> int:
        number = self._written // self.chunk
        users = exported.users(self._export.workspace_id, list(members), self._fields)
        lines = b"".join(orjson.dumps(user) + b"\n" for user in users)
        (self._folder / f"{number:06}.txt").write_bytes(lines)
        self._written += len(members)
        self._bytes += len(lines)
        return self._bytes

    def finish(self, alive: Callable[[], None]) -> int:
        path = file_of(self._export)
        unfinished = path.with_suffix(".making")
        unfinished.touch(mode=0o600)
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for part in sorted(self._folder.glob("*.txt")):
                packed.write(part, part.name)
                alive()
        unfinished.replace(path)
        return path.stat().st_size


def _parts(export: SegmentExport) -> Path:
    return folder() / f"{export.pk}.parts"
