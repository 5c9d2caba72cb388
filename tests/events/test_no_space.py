"""A database that has no space, or is not there: 503, and nothing half accepted."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random

import pytest
from django.db import OperationalError, connection

from braze_partners.events import event_log, intake, log_sql
from braze_partners.events.errors import LogUnavailable
from braze_partners.workspaces.models import Workspace
from tests.events.conftest import SECRET, Sender, wire_event
from tests.events.factories import NOON, events_of
from tests.keys.factories import RestApiKeyFactory

pytestmark = [pytest.mark.embedded, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sender() -> Sender:
    workspace = Workspace.objects.create(slug="full", name="Full", created_at=datetime.now(UTC))
    RestApiKeyFactory.create(workspace=workspace, secret=SECRET, permissions=["currents.events"])
    return Sender(workspace.pk)


@contextmanager
def no_space() -> Generator[None, None, None]:
    """The database itself says so: SQLite at its largest size; on PostgreSQL the error of a full
    disk, raised where the batch is written, after the head has moved."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")  # tests before this one may have left free pages
            cursor.execute("PRAGMA page_count")
            (pages,) = cursor.fetchone()
            cursor.execute(f"PRAGMA max_page_count = {pages}")
            yield
            cursor.execute("PRAGMA max_page_count = 1073741823")
            return
        cursor.execute(
            "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER no_space BEFORE INSERT ON events_batch"
            " FOR EACH ROW EXECUTE FUNCTION no_space()"
        )
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION no_space CASCADE")


def test_without_space_it_is_503_and_nothing_is_stored(sender: Sender) -> None:
    before = sender.send(wire_event("before"))
    assert before.status_code == 201
    padding = Random(1).randbytes(400_000).hex()  # beyond what pages are free
    with no_space():
        answer = sender.send(wire_event("lost", properties={"a": padding}))
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert "extend" not in answer.content.decode() and "full" not in answer.content.decode()
        assert event_log.head(sender.workspace_id) == 1
    assert sender.send(wire_event("after")).json()["accepted"] == 1
    assert [record.id for record in sender.stored] == ["before", "after"]


def test_a_database_that_only_reads_takes_nothing(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL after a failover")
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            with pytest.raises(LogUnavailable):
                intake.accept(sender.workspace_id, events_of(3), NOON)
        finally:
            cursor.execute("SET default_transaction_read_only = off")
    assert event_log.head(sender.workspace_id) == 0


def test_a_lost_connection_takes_nothing(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> int:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(log_sql, "append", lost)
    answer = sender.send(wire_event())
    assert answer.status_code == 503
    assert "unexpectedly" not in answer.content.decode()
