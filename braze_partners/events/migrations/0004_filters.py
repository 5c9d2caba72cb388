"""PostgreSQL: filters beside the hashes, kept in the row. A batch from before has one that says
*maybe* to everything."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

FILTERS = ("event_filter", "identity_filter")


def add(apps: Any, editor: Any) -> None:
    if editor.connection.vendor != "postgresql":
        return
    for name in FILTERS:
        editor.execute(
            f"ALTER TABLE events_batch ADD COLUMN {name} bytea NOT NULL"
            " DEFAULT '\\xffffffffffffffff'"
        )
        editor.execute(f"ALTER TABLE events_batch ALTER COLUMN {name} SET STORAGE PLAIN")
    # Else they would be moved out of the row to make room, and have to be fetched.
    editor.execute("ALTER TABLE events_batch ALTER COLUMN frame_ends SET STORAGE PLAIN")
    editor.execute("ALTER TABLE events_batch ALTER COLUMN type_counts SET STORAGE MAIN")


def remove(apps: Any, editor: Any) -> None:
    if editor.connection.vendor != "postgresql":
        return
    for name in FILTERS:
        editor.execute(f"ALTER TABLE events_batch DROP COLUMN {name}")


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("events", "0003_activity")]
    operations: ClassVar[list[Any]] = [migrations.RunPython(add, remove)]
