"""Faults of a cohort's file: the same bytes with something missing, other or too much. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from braze_partners.sandbox.faults.active import Active

KINDS = (
    *("html_file", "empty_file", "no_user_id_column", "column_names"),
    *("too_many_rows", "truncated_file"),
)
PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n"

# The first Amplitude ID of an invented user, and how many of them are made at a time.
FIRST_INVENTED = 10**12
INVENTED_AT_ONCE = 5_000


@dataclass(slots=True)
class Shape:
    """A file on its way; without `size` nobody is told how long it is."""

    parts: Iterable[bytes]
    header: bytes
    size: int | None
    rows: int
    content_type: str = "text/csv"
    cut_at: int | None = None  # bytes after which the line is cut


def strikes(active: Active) -> bool:
    return any(active.asked(kind) for kind in KINDS)


def shaped(active: Active, shape: Shape) -> Shape:
    """What is left of the file; every fault that strikes has its turn."""
    if active.drawn("html_file") is not None:
        return Shape([PAGE], b"", len(PAGE), 0, "text/html; charset=utf-8")
    empty = active.drawn("empty_file")
    if empty is not None:
        left = shape.header if empty["what"] == "header" else b""
        return Shape([left], left, len(left), 0)
    _rename(active, shape)
    more = active.drawn("too_many_rows")
    if more is not None:
        _go_on(shape, more["rows"])
    truncated = active.drawn("truncated_file")
    if truncated is not None:
        _truncate(shape, truncated["how"])
    return shape


def _rename(active: Active, shape: Shape) -> None:
    first, *rest = shape.header.split(b",", 2)
    without = active.drawn("no_user_id_column")
    spelling = active.drawn("column_names")
    if without is not None:
        end = b"" if len(rest) > 1 else b"\n"
        rest[0] = str(without["name"]).replace(",", "_").encode() + end
    elif spelling is not None:
        first, second = (name.encode() for name in spelling["spelling"].split(", "))
        rest[0] = second + (b"" if len(rest) > 1 else b"\n")
    else:
        return
    header = b",".join([first, *rest])
    shape.parts = _with_header(shape.parts, len(shape.header), header)
    if shape.size is not None:
        shape.size += len(header) - len(shape.header)
    shape.header = header


def _with_header(parts: Iterable[bytes], old: int, header: bytes) -> Iterator[bytes]:
    yield header
    for part in parts:
        yield part[old:]
        old -= len(part[:old])


def _go_on(shape: Shape, rows: int) -> None:
    more = max(0, rows - shape.rows)
    if shape.size is not None:
        shape.size += more * len(_invented(0, shape.header))
    shape.parts = _and_invented(shape.parts, more, shape.header)
    shape.rows += more


def _and_invented(parts: Iterable[bytes], rows: int, header: bytes) -> Iterator[bytes]:
    yield from parts
    for start in range(0, rows, INVENTED_AT_ONCE):
        end = min(start + INVENTED_AT_ONCE, rows)
        yield b"".join(_invented(number, header) for number in range(start, end))


def _invented(number: int, header: bytes) -> bytes:
    empty_cells = b"," * (header.count(b",") - 1)
    return b"%d,invented_%08d%b\n" % (FIRST_INVENTED + number, number, empty_cells)


def _truncate(shape: Shape, how: str) -> None:
    """To the half, but never within the header, whose lack is another fault."""
    size = shape.size or 0
    most = min(max(size // 2, len(shape.header) + 1), max(size - 1, 0))
    if how == "line":
        shape.cut_at = most
        return
    shape.parts = _up_to(shape.parts, most)
    shape.size = None  # it may be a byte less


def _up_to(parts: Iterable[bytes], most: int) -> Iterator[bytes]:
    """So many bytes, without a line's end at the end."""
    left = most
    for part in parts:
        if len(part) >= left:
            yield part[:left].rstrip(b"\n")
            return
        yield part
        left -= len(part)
