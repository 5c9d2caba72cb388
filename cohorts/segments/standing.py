"""What a save refers to must still be there when it ends, and what is deleted must be free.

Knows how the database is asked before the commit; knows nothing of definitions.
"""

from __future__ import annotations

from django.db import connection

from braze_partners.people import postgres


def check_now() -> None:
    """Raises IntegrityError here, not at the commit, where somebody has just deleted what rows of
    this transaction refer to. SQLite lets nobody write beside us."""
    if postgres.is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
