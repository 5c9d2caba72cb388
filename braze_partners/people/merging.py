"""Makes one person of two: what stays of them, and that the other's number is retired.

Knows profiles and what belongs to them; knows not how the two were named (identifying.py), nor what
depends on them: the rooms above are told by a signal.

Who stays keeps what they have, and gets what only the other had. An address brings its subscription
along, devices bring theirs. Of moments the first and the last ones count. Events are not touched:
their identity was fixed when they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Case, Model, Value, When
from pyroaring import BitMap

from braze_partners.people import changed, sets
from braze_partners.people.errors import PersonGone
from braze_partners.people.identity import identifier_hash
from braze_partners.people.models import (
    Alias,
    AttributeValue,
    Device,
    MergedProfile,
    PeopleSet,
    Profile,
)
from braze_partners.people.signals import people_merged

# Columns that who stays gets where theirs are empty.
_FILLED = (
    *("first_name", "last_name", "email", "phone", "country", "language", "gender", "home_city"),
    *("time_zone", "date_of_birth"),
)
_EARLIEST = ("created_at", "first_session_at")
_LATEST = ("last_session_at", "last_active_at")
_WRITTEN = (
    *(*_FILLED, *_EARLIEST, *_LATEST, "email_subscribe", "push_subscribe"),
    *("external_id", "external_hash", "updated_at"),
)


@dataclass(frozen=True, slots=True)
class Merge:
    """`gone` becomes part of `kept`, both by number. Without `data` only their aliases, devices and
    memberships do (Braze's merge_behavior *none*)."""

    gone: int
    kept: int
    data: bool = True


def merge(workspace_id: int, merges: Sequence[Merge], now: datetime) -> None:
    """Nobody is merged twice in one call, and who goes gets nobody. The caller's transaction holds
    the counter's row (`numbers.lock`). Raises PersonGone where one of them is not there."""
    if not merges:
        return
    people = hold(workspace_id, {number for one in merges for number in (one.gone, one.kept)})
    pairs = [(people[one.gone], people[one.kept], one.data) for one in merges]
    pushed = _with_push(people.values())
    for gone, kept, data in pairs:
        if data:
            _fill(kept, gone, pushed)
        kept.updated_at = now
    into = {gone.pk: kept for gone, kept, _data in pairs}
    _move_values({gone.pk: kept.pk for gone, kept, data in pairs if data})
    _move(Device, into)
    _move(Alias, into)
    _remember(workspace_id, pairs, into)
    Profile.objects.filter(pk__in=list(into)).delete()
    save({kept for _gone, kept, _data in pairs})
    retired = {one.gone: one.kept for one in merges}
    sets.change(workspace_id, PeopleSet.Kind.DELETED, added=retired)
    sets.change(workspace_id, PeopleSet.Kind.ANONYMOUS, removed=retired)
    changed.note(workspace_id, people)
    people_merged.send(Profile, workspace_id=workspace_id, into=retired, now=now)


def give_external_ids(workspace_id: int, told: Mapping[int, str], now: datetime) -> None:
    """Identifies people who had no external id, by number. Locks and errors as of `merge`; raises
    IntegrityError where somebody has one of the ids."""
    if not told:
        return
    people = hold(workspace_id, told)
    for number, external_id in told.items():
        person = people[number]
        person.external_id, person.external_hash = external_id, identifier_hash(external_id)
        person.updated_at = now
    save(people.values())
    sets.change(workspace_id, PeopleSet.Kind.ANONYMOUS, removed=told)
    changed.note(workspace_id, told)


def successors(workspace_id: int, retired: BitMap) -> dict[int, int]:
    """By number, as whom people live on who were merged; the deleted are absent."""
    rows = MergedProfile.objects.filter(workspace_id=workspace_id, number__in=list(retired))
    return dict(rows.values_list("number", "profile__number"))


def hold(workspace_id: int, wanted: Iterable[int]) -> dict[int, Profile]:
    """Whole profiles by number, in the order in which every writer takes them."""
    asked = set(wanted)
    rows = Profile.objects.filter(workspace_id=workspace_id, number__in=asked)
    found = {one.number: one for one in rows.select_for_update().order_by("number")}
    if len(found) < len(asked):
        raise PersonGone
    return found


def save(people: Iterable[Profile]) -> None:
    Profile.objects.bulk_update(sorted(people, key=lambda one: one.number), _WRITTEN)


def _with_push(people: Iterable[Profile]) -> set[int]:
    """Who of them (by primary key) has a device that can be pushed to."""
    rows = Device.objects.filter(profile__in=list(people), push_enabled=True)
    return set(rows.values_list("profile_id", flat=True))


def _fill(kept: Profile, gone: Profile, pushed: set[int]) -> None:
    if not kept.email and gone.email:
        kept.email_subscribe = gone.email_subscribe
    if kept.pk not in pushed and gone.pk in pushed:
        kept.push_subscribe = gone.push_subscribe
        pushed.add(kept.pk)
    for name in _FILLED:
        if not getattr(kept, name):
            setattr(kept, name, getattr(gone, name))
    for names, choose in ((_EARLIEST, min), (_LATEST, max)):
        for name in names:
            known = [moment for one in (kept, gone) if (moment := getattr(one, name)) is not None]
            setattr(kept, name, choose(known, default=None))


def _move(model: type[Model], into: Mapping[int, Profile]) -> None:
    """All that belongs to who goes; one statement."""
    rows = model._default_manager.filter(profile__in=list(into))
    rows.update(
        profile=_by_owner({pk: kept.pk for pk, kept in into.items()}),
        number=_by_owner({pk: kept.number for pk, kept in into.items()}),
    )


def _by_owner(values: Mapping[int, int]) -> Case:
    whens = [When(profile=pk, then=Value(value)) for pk, value in values.items()]
    return Case(*whens, output_field=BigIntegerField())


def _move_values(into: Mapping[int, int]) -> None:
    """Custom attributes that only who goes has; of two who go the first one's. Two statements."""
    rows = AttributeValue.objects.filter(profile__in={*into, *into.values()}).order_by("pk")
    theirs: dict[int, list[tuple[int, int]]] = {}
    for pk, owner, attribute in rows.values_list("pk", "profile_id", "attribute_id"):
        theirs.setdefault(owner, []).append((pk, attribute))
    has = {owner: {attribute for _pk, attribute in values} for owner, values in theirs.items()}
    moved: list[int] = []
    for gone, kept in into.items():
        there = has.setdefault(kept, set())
        for pk, attribute in theirs.get(gone, ()):
            if attribute not in there:
                there.add(attribute)
                moved.append(pk)
    if moved:
        AttributeValue.objects.filter(pk__in=moved).update(profile=_by_owner(into))


def _remember(
    workspace_id: int, pairs: Sequence[tuple[Profile, Profile, Any]], into: Mapping[int, Profile]
) -> None:
    """Who goes, and whoever had become part of them."""
    earlier = MergedProfile.objects.filter(profile__in=list(into))
    earlier.update(profile=_by_owner({pk: kept.pk for pk, kept in into.items()}))
    MergedProfile.objects.bulk_create(
        MergedProfile(
            workspace_id=workspace_id, profile=kept, number=gone.number, braze_id=gone.braze_id
        )
        for gone, kept, _data in pairs
    )
