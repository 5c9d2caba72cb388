"""Cells of a CSV file that no spreadsheet calculates."""

from __future__ import annotations

import pytest

from braze_partners.workspaces.csv_cells import csv_lines, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_text_that_starts_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    assert [safe_cell(value) for value in (-5, 2.5, "a=b", None, "", True)] == [
        *("-5", "2.5", "a=b", "", "", "True"),
    ]


def test_quotes_and_line_breaks_stay_inside_their_cell() -> None:
    assert list(csv_lines([["a", 'b"c\nd']])) == ['a,"b""c\nd"\r\n']
