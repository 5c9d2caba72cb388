"""A page of rows and how many there are in all, in one statement. Knows no screen."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Window


def page_of(rows: QuerySet[Any], asked: str | None, size: int) -> Page[Any]:
    """The page that the address asks for, the last one where it asks for more than there are."""
    paginator = Paginator(rows, size)
    number = int(asked) if asked and asked.isascii() and asked.isdigit() and asked != "0" else 1
    counted = rows.annotate(in_all=Window(Count("*")))
    found = list(counted[(number - 1) * size : number * size]) if number < 10**6 else []
    if not found:  # beyond the end, or there is none
        return paginator.get_page(asked)
    paginator.__dict__["count"] = found[0].in_all  # as Paginator itself keeps it
    return Page(found, number, paginator)
