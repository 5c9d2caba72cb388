"""A row's number in an address: no larger than a database can hold, so that it is a 404 instead."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import IntConverter

ROW = "row"
MAX_ROW = 2**63 - 1


class RowConverter(IntConverter):
    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number > MAX_ROW:
            raise ValueError(value)
        return number


register_converter(RowConverter, ROW)
