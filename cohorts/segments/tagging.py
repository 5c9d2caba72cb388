"""Tags of whatever wears them, read with the row itself. Knows names only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Func, JSONField, OuterRef, Subquery
from django.db.models.sql.compiler import SQLCompiler

from cohorts.segments.models import Tag


class _Gathered(Func):
    """All values in one JSON list."""

    function = "JSONB_AGG"
    output_field = JSONField()  # type: ignore[assignment]

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)


def gathered(wearers: str) -> Subquery:
    """The names of the tags of each row; `wearers` is what `Tag` calls such rows."""
    mine = Tag.objects.filter(**{wearers: OuterRef("pk")}).order_by()
    return Subquery(mine.values(names=_Gathered(F("name"))))


def write(wearer: Any, wanted: Sequence[str]) -> None:
    """Makes the tags of a segment or an audience just these."""
    made = [Tag(workspace_id=wearer.workspace_id, name=name) for name in wanted]
    Tag.objects.bulk_create(made, ignore_conflicts=True)
    wearer.tags.set(Tag.objects.filter(workspace_id=wearer.workspace_id, name__in=wanted))


def names(wearer: Any) -> list[str]:
    """In the order of the alphabet; from what was gathered with the row, or else one query."""
    if hasattr(wearer, "gathered_tags"):
        return sorted(wearer.gathered_tags or ())
    return sorted(tag.name for tag in wearer.tags.all())
