"""Which profiles changed, and in what: the list by which kept answers are brought forward.

Knows numbers and facets; knows no question. Whoever writes people calls `note` in the transaction
that writes. Folding takes away what it can see and gives it a generation, in one transaction: what
commits later is seen by the next fold, so no serial id has to be trusted and nothing is missed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from django.db import connection, transaction
from pyroaring import BitMap

from braze_partners.people.models import ChangedFacet, ChangeHead, ProfileChange
from braze_partners.people.questions import EVERYTHING

# By the database's clock, since it is the database's moment that is told.
_CLOCKS = {
    "postgresql": "statement_timestamp()",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
}
_TAKE_HEAD = """
INSERT INTO people_changehead (workspace_id, generation, as_of) VALUES (%s, 0, {clock})
ON CONFLICT (workspace_id) DO UPDATE SET as_of = excluded.as_of
RETURNING generation
"""
_TAKE_CHANGES = "DELETE FROM people_profilechange WHERE workspace_id = %s RETURNING facets, bits"


def note(
    workspace_id: int, numbers: Iterable[int], facets: Collection[str] = (EVERYTHING,)
) -> None:
    """Facets of questions.py; the names of columns are such. Others are never asked for."""
    bits = BitMap(numbers)
    if not bits or not facets:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("A change is noted in the transaction that makes it.")
    ProfileChange.objects.create(
        workspace_id=workspace_id, facets=sorted(facets), bits=bits.serialize()
    )


def fold(workspace_id: int) -> None:
    """Makes the next generation of what has changed, if anything has; moves the head's moment."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE_HEAD.format(clock=_CLOCKS[connection.vendor]), [workspace_id])
        (generation,) = cursor.fetchone()
        cursor.execute(_TAKE_CHANGES, [workspace_id])
        changed = _by_facet(cursor.fetchall())
        if not changed:
            return
        ChangedFacet.objects.bulk_create(
            ChangedFacet(
                workspace_id=workspace_id,
                generation=generation + 1,
                facet=facet,
                bits=bits.serialize(),
            )
            for facet, bits in sorted(changed.items())
        )
        ChangeHead.objects.filter(workspace_id=workspace_id).update(generation=generation + 1)


def _by_facet(rows: Iterable[tuple[str | list[str], bytes]]) -> dict[str, BitMap]:
    found: dict[str, BitMap] = {}
    for facets, packed in rows:
        bits = BitMap.deserialize(bytes(packed))
        for facet in json.loads(facets) if isinstance(facets, str) else facets:
            found[facet] = found[facet] | bits if facet in found else bits
    return found
