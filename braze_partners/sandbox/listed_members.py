"""Sets all members of a cohort by list at once, up to millions; plain SQL, nothing kept in memory.

`members` does the same for the changes that people make by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from braze_partners.sandbox import users
from braze_partners.sandbox.limits import ROWS_PER_STATEMENT
from braze_partners.sandbox.members import Change, CohortRefused, settle_size
from braze_partners.sandbox.models import Cohort
from braze_partners.sandbox.one_writer import writing

_WANTED = "CREATE TEMP TABLE wanted_members (number INTEGER PRIMARY KEY)"
_BY_USER_ID = """
    INSERT OR IGNORE INTO wanted_members
    SELECT amplitude_id FROM sandbox_amplitudeuser
    WHERE user_id IN (SELECT value FROM json_each(%s))
"""
_BY_AMPLITUDE_ID = _BY_USER_ID.replace("WHERE user_id", "WHERE amplitude_id")
_LEAVE = """
    DELETE FROM sandbox_cohortmember
    WHERE cohort_id = %s AND user_id NOT IN (SELECT number FROM wanted_members)
"""
_JOIN = """
    INSERT OR IGNORE INTO sandbox_cohortmember (cohort_id, user_id)
    SELECT %s, number FROM wanted_members
"""


def set_all(cohort: Cohort, ids: Sequence[str | int], now: datetime, *, by_user_id: bool) -> Change:
    """Exactly these are members afterwards. Unknown user ids become users, other unknowns not."""
    if cohort.by_rule:
        raise CohortRefused("A cohort that is kept by its rule takes no list.")
    if by_user_id:
        users.add_missing((str(one) for one in ids), now)
    with writing, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WANTED)
        _note_wanted(cursor, ids, _BY_USER_ID if by_user_id else _BY_AMPLITUDE_ID)
        cursor.execute(_LEAVE, [cohort.pk])
        removed = cursor.rowcount
        cursor.execute(_JOIN, [cohort.pk])
        added = cursor.rowcount
        cursor.execute("DROP TABLE wanted_members")
        change = Change(added, removed)
        settle_size(cohort, change, now)
    return change


def _note_wanted(cursor: Any, ids: Iterable[str | int], statement: str) -> None:
    for part in users.batched(ids, ROWS_PER_STATEMENT):
        cursor.execute(statement, [json.dumps(part)])
