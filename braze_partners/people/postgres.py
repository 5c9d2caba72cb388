"""Straight to psycopg: binary results and hand-packed arrays, which Django's cursor refuses.

Knows Django's default connection when it is PostgreSQL; knows no table.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from struct import pack
from sys import byteorder
from typing import Any, cast

import psycopg
from django.db import connection
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.rows import tuple_row

_INT8 = 20
_INT8_ARRAY = 1016


_LENGTH = b"\0\0\0\x08"


class Int8Array:
    """int8[] in PostgreSQL's binary form; packing it here costs a tenth of psycopg's list."""

    __slots__ = ("packed",)

    def __init__(self, big_endian: Sequence[bytes]) -> None:
        count = len(big_endian)
        shape = pack(">iiiii", 1, 0, _INT8, count, 1) if count else pack(">iii", 0, 0, _INT8)
        self.packed = shape + _LENGTH + _LENGTH.join(big_endian) if count else shape

    @classmethod
    def of(cls, values: Iterable[int]) -> Int8Array:
        return cls([value.to_bytes(8, "big", signed=True) for value in values])


class _Int8ArrayDumper(Dumper):
    format = Format.BINARY
    oid = _INT8_ARRAY

    def dump(self, obj: Int8Array) -> bytes:
        return obj.packed


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def binary_cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """A cursor on Django's own connection (and transaction) whose results come as binary."""
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    cursor = psycopg.Cursor(raw, row_factory=tuple_row)
    cursor.format = Format.BINARY
    cursor.adapters.register_dumper(Int8Array, _Int8ArrayDumper)
    return cursor


def ask(statement: str, parameters: Iterable[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """One statement, all its rows, with Django's exceptions."""
    given = parameters if isinstance(parameters, Mapping) else list(parameters)
    with connection.wrap_database_errors, binary_cursor() as cursor:
        cursor.execute(cast("Any", statement), given)
        return cursor.fetchall()


def int8s(packed: bytes) -> array[int]:
    """The numbers in a bytea made by `string_agg(int8send(…), '')`."""
    numbers = array("q", packed)
    if byteorder == "little":
        numbers.byteswap()
    return numbers
