"""What one page costs: what it asks of the database and how long the server takes. Knows a client
and an address."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any

TIMES = 60  # requests a page, after three that are not counted


def measure(client: Any, address: str) -> tuple[str, str, str, str]:
    """Queries, median, p95 and processor's median in milliseconds, through every middleware to the
    last byte."""
    took, used, queries = [], [], []
    for at in range(TIMES + 3):
        began, spent = time.perf_counter(), time.process_time()
        with _counted() as asked:
            answer = client.get(address)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answers {answer.status_code}")
        if at >= 3:
            took.append((time.perf_counter() - began) * 1_000)
            used.append((time.process_time() - spent) * 1_000)
            queries.append(len(asked))
    p95 = quantiles(took, n=20)[-1]
    return f"{median(queries):.0f}", f"{median(took):.0f}", f"{p95:.0f}", f"{median(used):.0f}"


@contextmanager
def _counted() -> Iterator[list[None]]:
    """One entry for each statement, whichever way it is sent."""
    from django.db import connection

    from braze_partners.people import postgres

    asked: list[None] = []
    ask = postgres.ask

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(None)
        return execute(sql, params, many, context)

    def ask_and_note(*given: Any) -> Any:
        asked.append(None)
        return ask(*given)

    postgres.ask = ask_and_note
    try:
        with connection.execute_wrapper(note):
            yield asked
    finally:
        postgres.ask = ask
