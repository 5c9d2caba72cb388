"""The bed itself: tests stand on the servers that were asked for."""

from __future__ import annotations

import os
import socket

import pytest
from django.core.cache import cache
from django.db import connection

from tests.bed.sockets import NetworkIsOff


@pytest.mark.embedded
@pytest.mark.django_db
def test_the_database_is_the_one_the_bed_started() -> None:
    expected = "postgresql" if os.environ["TEST_BED_DATABASE_URL"] else "sqlite"
    assert connection.vendor == expected
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM workspaces_workspace")
        assert cursor.fetchone() == (0,)


@pytest.mark.embedded
def test_the_cache_is_redis_where_there_is_one() -> None:
    cache.set("a", 1)
    assert cache.get("a") == 1
    assert ("Redis" in type(cache._connections["default"]).__name__) == bool(  # type: ignore[attr-defined]
        os.environ["TEST_BED_REDIS_URL"]
    )


def test_a_unit_test_cannot_leave_the_machine() -> None:
    with pytest.raises(NetworkIsOff):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(NetworkIsOff):
        socket.getaddrinfo("example.org", 80)
