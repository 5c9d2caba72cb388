"""Deletes people by whatever identifier names them. Knows identifiers; the deletion itself, and
what the other rooms are told, is profiles'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from braze_partners.people import gathering, numbers, profiles
from braze_partners.people.changes import Who


def delete(workspace_id: int, named: Sequence[Who], now: datetime) -> list[int]:
    """Gives the numbers of those who are gone now; whoever was named and is unknown is left out.

    They are looked up under the counter's row: whom an identifier names by then is deleted, and
    nobody else."""
    with transaction.atomic():
        numbers.lock(workspace_id)
        found = gathering.find(workspace_id, named)
        gone = sorted({number for several in found.values() for number in several})
        profiles.delete_profiles(workspace_id, gone, now)
    return gone
