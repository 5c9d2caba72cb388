"""Texts in the order of their bytes, which is that of their characters: whatever the database's own
language, what begins alike stands together there, so that an index finds it. Knows no table."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func
from django.db.models.sql.compiler import SQLCompiler

LAST_CHARACTER = "\U0010ffff"


class InBytes(Func):
    """A text as indexes hold it and as queries must name it to be answered by them."""

    template = '%(expressions)s COLLATE "C"'

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s COLLATE BINARY")


class Written(Func):
    """Label and name of an alias as people write them: `label:name`."""

    template = "(%(expressions)s)"
    arg_joiner = " || ':' || "


def beyond(beginning: str) -> str | None:
    """The first text behind all that begin so; None where there is none."""
    kept = beginning.rstrip(LAST_CHARACTER)
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    if following == 0xD800:  # surrogates are no characters
        following = 0xE000
    return kept[:-1] + chr(following)
