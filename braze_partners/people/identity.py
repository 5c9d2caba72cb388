"""From identifiers to numbers, a thousand at a time.

Knows profiles, aliases and devices by the hash of their identifier; knows not who asks or why.

The index key is a 64-bit hash. Only hashes go to the database; numbers and texts come back from
the covering index alone, and the texts are compared here, so a collision finds nobody, and what
the database could not even hold (NUL, lone surrogates, 10 kB) is simply unknown. On PostgreSQL
the hashes are one binary array, the numbers one string of bytes, the texts one string that is
split here; a text that contains the separator takes the way of rows. Measured with 1,000 random
ids of 1 M on a busy two-core machine: 3.9 ms at best, 4.2 in the middle, 1.0 of them Python. The
same as bare SQL took 3.4 at best; splitting the texts on the server 3.8 to 4.2, keys of text in C
collation 3.9, `= ANY(texts)` and rows 5.2.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.db import connection

from braze_partners.people import postgres
from braze_partners.people.models import Profile

SEPARATOR = "\x1f"
_EMPTY = blake2b(digest_size=8)


@dataclass(slots=True, frozen=True)
class DeviceMatch:
    """The profile that a device belongs to; `identified` means it has an external id."""

    number: int
    identified: bool


@dataclass(slots=True, frozen=True)
class _Kind:
    """Where one kind of identifier is found: its table, hash, texts, and what is answered."""

    table: str
    hash: str
    texts: tuple[str, ...]
    answer: str = "number"

    def rows(self, found: str) -> str:
        return (
            f"SELECT {self.answer}, {', '.join(self.texts)} FROM {self.table} t"
            f" WHERE workspace_id = %s AND {self.hash} {found}"
        )

    def packed(self) -> str:
        texts = " || chr(31) || ".join(self.texts)
        return (
            f"SELECT string_agg(int8send({self.answer}), ''),"
            f" string_agg({texts}, chr(31)) FROM {self.table} t"
            f" WHERE workspace_id = %s AND {self.hash} = ANY(%s)"
        )


_EXTERNAL = _Kind("people_profile", "external_hash", ("external_id",))
_ALIAS = _Kind("people_alias", "hash", ("label", "name"))
# Twice the number, plus one when the profile has an external id: one statement, one answer.
_DEVICE = _Kind(
    "people_device",
    "hash",
    ("device_id",),
    "number * 2 + (SELECT CASE WHEN p.external_hash IS NULL THEN 0 ELSE 1 END"
    " FROM people_profile p WHERE p.workspace_id = t.workspace_id AND p.number = t.number)",
)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _digests(texts: Sequence[str]) -> list[bytes]:
    """As `_digest` of each; a copy of an empty hash costs half of making one."""
    made, copy = [], _EMPTY.copy
    for text in texts:
        one = copy()
        one.update(text.encode("utf-8", "surrogatepass"))
        made.append(one.digest())
    return made


def identifier_hash(text: str) -> int:
    """The index key of an identifier: blake2b of 8 bytes as a signed 64-bit integer."""
    return int.from_bytes(_digest(text), "big", signed=True)


def alias_hash(label: str, name: str) -> int:
    return identifier_hash(label + SEPARATOR + name)


def _from_postgres(kind: _Kind, workspace_id: int, digests: list[bytes]) -> dict[Any, int] | None:
    """Numbers by text (an alias: by the pair); None when a text contains the separator."""
    parameters = [workspace_id, postgres.Int8Array(digests)]
    ((packed, joined),) = postgres.ask(kind.packed(), parameters)
    if packed is None:
        return {}
    numbers, texts = postgres.int8s(packed), joined.split(SEPARATOR)
    if len(texts) != len(numbers) * len(kind.texts):
        return None
    keys = texts if len(kind.texts) == 1 else zip(texts[::2], texts[1::2], strict=True)
    return dict(zip(keys, numbers, strict=True))


def _by_rows(kind: _Kind, workspace_id: int, digests: list[bytes]) -> list[tuple[Any, ...]]:
    if postgres.is_postgres():
        return postgres.ask(kind.rows("= ANY(%s)"), [workspace_id, postgres.Int8Array(digests)])
    hashes = [int.from_bytes(digest, "big", signed=True) for digest in digests]
    with connection.cursor() as cursor:
        cursor.execute(
            kind.rows("IN (SELECT value FROM json_each(%s))"), [workspace_id, json.dumps(hashes)]
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _find(
    kind: _Kind, workspace_id: int, keys: Sequence[Any], texts: Sequence[str]
) -> list[int | None]:
    if not keys:
        return []
    digests = _digests(texts)
    found = _from_postgres(kind, workspace_id, digests) if postgres.is_postgres() else None
    if found is None:
        rows = _by_rows(kind, workspace_id, digests)
        found = {row[1] if len(row) == 2 else row[1:]: row[0] for row in rows}
    return [found.get(key) for key in keys]


def resolve_external_ids(workspace_id: int, ids: Sequence[str]) -> list[int | None]:
    """The number of each id in order, None for the unknown. One statement."""
    return _find(_EXTERNAL, workspace_id, ids, ids)


def known_external_ids(workspace_id: int, ids: Collection[str]) -> tuple[Sequence[int], set[str]]:
    """The numbers of those that are known, in no order, and those that are not: for whole lists,
    of which nobody asks which number is whose. One statement."""
    wanted = set(ids)
    if not wanted:
        return [], wanted
    digests = _digests(list(wanted))
    if postgres.is_postgres():
        parameters = [workspace_id, postgres.Int8Array(digests)]
        ((packed, joined),) = postgres.ask(_EXTERNAL.packed(), parameters)
        if packed is None:
            return [], wanted
        texts = joined.split(SEPARATOR)
        unknown = wanted.difference(texts)
        # As many texts as numbers, each of them asked for: no collision and no separator.
        if len(texts) == len(packed) // 8 == len(wanted) - len(unknown):
            return postgres.int8s(packed), unknown
    rows = [row for row in _by_rows(_EXTERNAL, workspace_id, digests) if row[1] in wanted]
    return [number for number, _text in rows], wanted.difference(text for _number, text in rows)


def resolve_aliases(workspace_id: int, pairs: Sequence[tuple[str, str]]) -> list[int | None]:
    """The number of each (label, name) in order, None for the unknown. One statement."""
    texts = [label + SEPARATOR + name for label, name in pairs]
    return _find(_ALIAS, workspace_id, pairs, texts)


def resolve_braze_ids(workspace_id: int, ids: Sequence[str]) -> list[int | None]:
    """The number of each id in order, None for the unknown. One statement."""
    profiles = Profile.objects.filter(workspace_id=workspace_id, braze_id__in=set(ids))
    found = dict(profiles.values_list("braze_id", "number")) if ids else {}
    return [found.get(one) for one in ids]


def resolve_devices(workspace_id: int, ids: Sequence[str]) -> list[DeviceMatch | None]:
    """The profile of each device in order, None for the unknown. One statement."""
    return [
        None if answer is None else DeviceMatch(answer >> 1, bool(answer & 1))
        for answer in _find(_DEVICE, workspace_id, ids, ids)
    ]
