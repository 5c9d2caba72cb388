"""PostgreSQL: the unique constraints of identities carry the number, so an import reads no row.

The constraints keep their names and columns; SQLite has no such thing and keeps them plain.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

COVERING = [
    ("people_profile", "profile_number", "workspace_id, number", "external_hash"),
    ("people_profile", "profile_external_id", "workspace_id, external_hash, external_id", "number"),
    ("people_alias", "alias_once", "workspace_id, hash, label, name", "number"),
    ("people_device", "device_once", "workspace_id, hash, device_id", "number"),
]


def _replace(editor: Any, include: bool) -> None:
    if editor.connection.vendor != "postgresql":
        return
    for table, name, columns, carried in COVERING:
        more = f" INCLUDE ({carried})" if include else ""
        editor.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name},"
            f" ADD CONSTRAINT {name} UNIQUE ({columns}){more}"
        )


def cover(apps: Any, editor: Any) -> None:
    _replace(editor, include=True)


def uncover(apps: Any, editor: Any) -> None:
    _replace(editor, include=False)


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("people", "0001_initial")]
    operations: ClassVar[list[Any]] = [migrations.RunPython(cover, uncover)]
