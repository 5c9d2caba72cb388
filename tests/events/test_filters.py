"""The bits that tell which batches cannot hold a hash."""

from __future__ import annotations

import pytest
from django.db import connection

from braze_partners.events import filters
from braze_partners.events.limits import MAX_FILTER_BITS
from braze_partners.events.records import digest


def says_maybe(made: bytes, digested: bytes) -> bool:
    """As PostgreSQL's get_bit reads it."""
    places = (place & (len(made) * 8 - 1) for place in filters.places(digested))
    return all(made[place >> 3] >> (place & 7) & 1 for place in places)


@pytest.mark.parametrize("count", [0, 1, 5, 100, 1_000, 10_000])
def test_it_never_says_no_to_what_is_there(count: int) -> None:
    digests = [digest(f"id-{n}") for n in range(count)]
    made = filters.made(digests)
    assert all(says_maybe(made, digested) for digested in digests)
    assert len(made) * 8 <= MAX_FILTER_BITS


@pytest.mark.parametrize("count", [1, 100, 1_000])
def test_it_mostly_says_no_to_what_is_not(count: int) -> None:
    made = filters.made(digest(f"id-{n}") for n in range(count))
    wrong = sum(says_maybe(made, digest(f"other-{n}")) for n in range(2_000))
    assert wrong < 160  # eight in a hundred


@pytest.mark.django_db
def test_postgresql_counts_bits_as_we_do() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite searches the hashes")
    digests = [digest(f"id-{n}") for n in range(50)]
    made = filters.made(digests[:25])
    size = len(made) * 8
    with connection.cursor() as cursor:
        for digested in digests:
            one, other = (place & (size - 1) for place in filters.places(digested))
            cursor.execute(
                "SELECT get_bit(%s::bytea, %s) = 1 AND get_bit(%s::bytea, %s) = 1",
                [made, one, made, other],
            )
            assert cursor.fetchone()[0] == says_maybe(made, digested)
