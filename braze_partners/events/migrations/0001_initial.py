"""The event log: its head as a model, its batches as a plain table, partitioned by the day of
receipt on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.db import migrations, models

# Bytes are compressed or random: the server's own compression would only cost time (EXTERNAL).
POSTGRESQL = """
CREATE TABLE events_batch (
  workspace_id bigint NOT NULL,
  end_sequence bigint NOT NULL,
  count integer NOT NULL,
  received_at timestamptz NOT NULL,
  type_counts text NOT NULL,
  event_hashes bigint[] NOT NULL,
  identity_hashes bigint[] NOT NULL,
  frame_ends integer[] NOT NULL,
  frames bytea NOT NULL
) PARTITION BY RANGE (received_at);
ALTER TABLE events_batch ALTER COLUMN event_hashes SET STORAGE EXTERNAL;
ALTER TABLE events_batch ALTER COLUMN identity_hashes SET STORAGE EXTERNAL;
ALTER TABLE events_batch ALTER COLUMN frames SET STORAGE EXTERNAL;
CREATE INDEX events_batch_place ON events_batch (workspace_id, end_sequence);
CREATE TABLE events_batch_default PARTITION OF events_batch DEFAULT;
"""

SQLITE = """
CREATE TABLE events_batch (
  workspace_id integer NOT NULL,
  end_sequence integer NOT NULL,
  count integer NOT NULL,
  received_at integer NOT NULL, -- microseconds since the epoch
  type_counts text NOT NULL,
  event_hashes blob NOT NULL,
  identity_hashes blob NOT NULL,
  frame_ends text NOT NULL,
  frames blob NOT NULL
);
CREATE UNIQUE INDEX events_batch_place ON events_batch (workspace_id, end_sequence);
CREATE INDEX events_batch_age ON events_batch (received_at);
"""

DAYS_AHEAD = 3


def make(apps: Any, editor: Any) -> None:
    statements = POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE
    for statement in statements.split(";"):
        if statement.strip():
            editor.execute(statement)
    if editor.connection.vendor == "postgresql":
        today = datetime.now(UTC).date()
        for day in (today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)):
            editor.execute(
                f"CREATE TABLE events_batch_{day:%Y%m%d} PARTITION OF events_batch FOR VALUES"
                f" FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
            )


def drop(apps: Any, editor: Any) -> None:
    editor.execute("DROP TABLE events_batch")


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar[list[tuple[str, str]]] = []

    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="LogHead",
            fields=[
                ("workspace_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("next", models.BigIntegerField()),
            ],
        ),
        migrations.RunPython(make, drop),
    ]
