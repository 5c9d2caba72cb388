"""Cells of a CSV file that a spreadsheet opens as text, never as a formula. Knows no table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

# What spreadsheets take as the start of a formula (OWASP, CSV injection); a leading tab or
# carriage return hides one.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: Any) -> str:
    """Text as it is, with an apostrophe in front where a spreadsheet would calculate it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


class _Line:
    """What `csv.writer` writes to: hands the finished line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """One line a row, every cell safe."""
    writer = csv.writer(_Line())
    for row in rows:
        line: str = writer.writerow([safe_cell(value) for value in row])
        yield line
