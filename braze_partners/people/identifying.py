"""Identifies people who are known by an alias only: they get an external id, or become part of the
person who has it already. Knows identifiers; what becomes of two profiles is merging's.

All of a call is done under the counter's row: nobody is made, merged or deleted meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from braze_partners.people import identity, merging, numbers
from braze_partners.people.errors import ValueRefused
from braze_partners.people.merging import Merge
from braze_partners.people.models import Profile

Alias = tuple[str, str]  # label, name


@dataclass(frozen=True, slots=True)
class Identification:
    """Whoever has the alias is the person of this external id."""

    alias: Alias
    external_id: str


@dataclass(slots=True)
class _Plan:
    """External ids by the number that gets one; who becomes part of whom; refusals by index."""

    given: dict[int, str] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    refused: dict[int, ValueRefused] = field(default_factory=dict)

    @property
    def involved(self) -> set[int]:
        return {*self.given, *(n for one in self.merges for n in (one.gone, one.kept))}


def identify(
    workspace_id: int, told: Sequence[Identification], now: datetime, *, data: bool = True
) -> dict[int, ValueRefused]:
    """As if each came alone, in their order; one that is refused stops no other. Gives the refusals
    by index. What is so already is taken. `data` is that of merging.Merge."""
    with transaction.atomic():
        numbers.lock(workspace_id)
        plan = _plan(workspace_id, told, data)
        merging.hold(workspace_id, plan.involved)
        merging.give_external_ids(workspace_id, plan.given, now)
        merging.merge(workspace_id, plan.merges, now)
    return plan.refused


def merge_into(workspace_id: int, gone: int, kept: int, now: datetime) -> None:
    """One person (by number) becomes part of another. Raises PersonGone, ValueRefused for one who
    has an external id: that would be lost, and make somebody new the next time it comes."""
    if gone == kept:
        raise ValueRefused("into", _("A person cannot be merged into themselves."))
    with transaction.atomic():
        numbers.lock(workspace_id)
        people = merging.hold(workspace_id, {gone, kept})
        if people[gone].external_id is not None:
            text = _("Only somebody without an external id can be merged into another person.")
            raise ValueRefused("into", text)
        merging.merge(workspace_id, [Merge(gone, kept)], now)


def identify_person(workspace_id: int, number: int, external_id: str, now: datetime) -> int:
    """Gives somebody an external id, or makes them part of the person who has it; whose number they
    have from now on. Raises PersonGone, ValueRefused for one who has another."""
    with transaction.atomic():
        numbers.lock(workspace_id)
        (owner,) = identity.resolve_external_ids(workspace_id, [external_id])
        people = merging.hold(workspace_id, {number, number if owner is None else owner})
        known = people[number].external_id
        if known == external_id:
            return number
        if known is not None:
            text = _("This person has the external id “%s” already.") % known
            raise ValueRefused("external_id", text)
        if owner is None:
            merging.give_external_ids(workspace_id, {number: external_id}, now)
            return number
        merging.merge(workspace_id, [Merge(number, owner)], now)
        return owner


def _plan(workspace_id: int, told: Sequence[Identification], data: bool) -> _Plan:
    aliases, owners, names = _known(workspace_id, told)
    plan = _Plan()
    for index, one in enumerate(told):
        number = aliases.get(one.alias)
        if number is None:
            text = _("No user has the alias “%s”.") % _shown(one.alias)
            plan.refused[index] = ValueRefused("user_alias", text)
        elif (name := names.get(number)) is not None:
            if name != one.external_id:
                text = _("The alias “%s” belongs to another identified user.") % _shown(one.alias)
                plan.refused[index] = ValueRefused("user_alias", text)
        elif (owner := owners.get(one.external_id)) is None:
            plan.given[number] = names[number] = one.external_id
            owners[one.external_id] = number
        else:
            plan.merges.append(Merge(number, owner, data))
            aliases |= {alias: owner for alias, whose in aliases.items() if whose == number}
    return plan


def _known(
    workspace_id: int, told: Sequence[Identification]
) -> tuple[dict[Alias, int], dict[str, int], dict[int, str]]:
    """Numbers by alias and by external id; the external ids of all of those who have one."""
    pairs = list(dict.fromkeys(one.alias for one in told))
    ids = list(dict.fromkeys(one.external_id for one in told))
    by_alias = identity.resolve_aliases(workspace_id, pairs)
    by_id = identity.resolve_external_ids(workspace_id, ids)
    aliases = {pair: n for pair, n in zip(pairs, by_alias, strict=True) if n is not None}
    owners = {one: n for one, n in zip(ids, by_id, strict=True) if n is not None}
    identified = Profile.objects.filter(
        workspace_id=workspace_id,
        number__in={*aliases.values(), *owners.values()},
        external_id__isnull=False,
    )
    names = {number: str(name) for number, name in identified.values_list("number", "external_id")}
    return aliases, owners, names


def _shown(alias: Alias) -> str:
    return ":".join(alias)
