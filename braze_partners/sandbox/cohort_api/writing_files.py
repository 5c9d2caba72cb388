"""Writes a cohort's members as CSV, packed with gzip, and reads the bytes again; rows in, no HTTP.

Neither ever holds more than a few thousand rows, whatever the cohort's size.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from braze_partners.sandbox import state_files
from braze_partners.sandbox.cohort_api.limits import CHUNK_BYTES, CHUNK_ROWS, PROPERTY_COLUMNS
from braze_partners.sandbox.models import CohortFile

OWN_COLUMNS = ("amplitude_id", "user_id")

_MEMBERS = """
    SELECT held.amplitude_id, held.user_id, held.properties
    FROM sandbox_cohortmember AS member
    JOIN sandbox_amplitudeuser AS held ON held.amplitude_id = member.user_id
    WHERE member.cohort_id = %s ORDER BY member.user_id
"""
_MEMBERS_ALONE = _MEMBERS.replace(", held.properties", "")
_PROPERTY_NAMES = """
    SELECT DISTINCT property.key
    FROM sandbox_cohortmember AS member
    JOIN sandbox_amplitudeuser AS held ON held.amplitude_id = member.user_id,
         json_each(held.properties) AS property
    WHERE member.cohort_id = %s ORDER BY 1 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Written:
    rows: int
    bytes: int
    stored_bytes: int


def path_of(file_id: str) -> Path:
    return state_files.var_dir() / "sandbox-files" / f"{file_id}.csv.gz"


def write(file: CohortFile) -> Written:
    """The file under its name, whole or not at all: the members of one instant."""
    path = path_of(file.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".part")
    columns = _property_columns(file)
    with gzip.open(staged, "wb", compresslevel=1) as packed:
        rows, size = _written(packed, file.cohort_id, columns)
    stored = staged.stat().st_size
    staged.replace(path)
    return Written(rows, size, stored)


def remove_all_but(file_ids: Collection[str]) -> int:
    """For the one thread that writes them: nothing is under way while it calls this."""
    kept = {path_of(file_id).name for file_id in file_ids}
    gone = [path for path in path_of("").parent.glob("*") if path.name not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def unpacked(file_id: str) -> Iterator[bytes]:
    with gzip.open(path_of(file_id), "rb") as packed:
        while part := packed.read(CHUNK_BYTES):
            yield part


def packed(file_id: str) -> Iterator[bytes]:
    with path_of(file_id).open("rb") as stored:
        while part := stored.read(CHUNK_BYTES):
            yield part


def header(file_id: str) -> bytes:
    with gzip.open(path_of(file_id), "rb") as stored:
        return stored.readline()


def _written(packed_file: gzip.GzipFile, cohort_id: str, columns: Sequence[str]) -> tuple[int, int]:
    first = _csv([[*OWN_COLUMNS, *columns]])
    packed_file.write(first)
    rows, size = 0, len(first)
    for part in _members(cohort_id, columns):
        block = _csv(part)
        packed_file.write(block)
        rows, size = rows + len(part), size + len(block)
    return rows, size


def _members(cohort_id: str, columns: Sequence[str]) -> Iterator[Sequence[Sequence[Any]]]:
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS if columns else _MEMBERS_ALONE, [cohort_id])
        while part := cursor.fetchmany(CHUNK_ROWS):
            yield [_with_cells(row, columns) for row in part] if columns else part


def _property_columns(file: CohortFile) -> list[str]:
    if not file.with_properties:
        return []
    if file.property_names:
        return list(file.property_names)
    with connection.cursor() as cursor:
        cursor.execute(_PROPERTY_NAMES, [file.cohort_id, PROPERTY_COLUMNS])
        return [str(name) for (name,) in cursor.fetchall()]


def _with_cells(row: Sequence[Any], columns: Sequence[str]) -> list[Any]:
    number, user_id, stored = row
    properties = json.loads(stored)
    return [number, user_id, *(_cell(properties.get(name)) for name in columns)]


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
