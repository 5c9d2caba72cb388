"""Gives people further aliases, or makes people who are known by an alias only.

Knows identifiers; knows not who asks. All of a call is done under the counter's row: of two calls
with one alias, only one gives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from braze_partners.people import changed, identity, merging, numbers, profiles, rows
from braze_partners.people.errors import ValueRefused
from braze_partners.people.models import Alias, Profile
from braze_partners.people.profiles import NewPerson

# The owner of an alias in a plan who is made by the same call.
_SOMEBODY_NEW = -1


@dataclass(frozen=True, slots=True)
class NewAlias:
    """An alias (label, name) for the person of this external id; None: for somebody new."""

    alias: tuple[str, str]
    external_id: str | None = None


@dataclass(slots=True)
class _Plan:
    """Aliases by the number that gets them, and of people to be made; refusals by index."""

    given: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    made: list[tuple[str, str]] = field(default_factory=list)
    refused: dict[int, ValueRefused] = field(default_factory=dict)


def add_aliases(
    workspace_id: int, told: Sequence[NewAlias], now: datetime
) -> dict[int, ValueRefused]:
    """In their order; one that is refused stops no other. Gives the refusals by index. What is so
    already is taken."""
    with transaction.atomic():
        numbers.lock(workspace_id)
        plan = _plan(workspace_id, told)
        people = [NewPerson(aliases=[alias]) for alias in plan.made]
        profiles.create_together(workspace_id, people, now)
        _give(workspace_id, plan, now)
    return plan.refused


def _plan(workspace_id: int, told: Sequence[NewAlias]) -> _Plan:
    pairs = [one.alias for one in told]
    owners = dict(zip(pairs, identity.resolve_aliases(workspace_id, pairs), strict=True))
    ids = [one.external_id for one in told if one.external_id is not None]
    people = dict(zip(ids, identity.resolve_external_ids(workspace_id, ids), strict=True))
    plan = _Plan()
    for index, one in enumerate(told):
        owner = owners[one.alias]
        if one.external_id is None:
            if owner is None:
                plan.made.append(one.alias)
                owners[one.alias] = _SOMEBODY_NEW
            continue
        number = people[one.external_id]
        if number is None:
            text = _("No user has the external id “%s”.") % one.external_id
            plan.refused[index] = ValueRefused("external_id", text)
        elif owner is None:
            plan.given.setdefault(number, []).append(one.alias)
            owners[one.alias] = number
        elif owner != number:
            text = _("“%s” belongs to somebody else.") % ":".join(one.alias)
            plan.refused[index] = ValueRefused("user_alias", text)
    return plan


def _give(workspace_id: int, plan: _Plan, now: datetime) -> None:
    people = merging.hold(workspace_id, plan.given)
    made = [
        alias
        for number, aliases in plan.given.items()
        for alias in profiles.new_aliases(NewPerson(aliases=aliases), people[number])
    ]
    rows.insert(Alias, made)
    keys = [person.pk for person in people.values()]
    Profile.objects.filter(pk__in=keys).update(updated_at=now)
    changed.note(workspace_id, people, ("aliases",))
