"""Who is in a cohort: the only writer of members, sizes and rules; it knows nothing of syncs."""

from __future__ import annotations

import random
import re
import secrets
import string
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from braze_partners.sandbox import event_counts, users
from braze_partners.sandbox.limits import DESCRIPTION_LENGTH, SHUFFLE_ADDS, SHUFFLE_REMOVES
from braze_partners.sandbox.models import AmplitudeUser, Cohort, CohortMember, SizePoint
from braze_partners.sandbox.rules.events import EventCondition
from braze_partners.sandbox.rules.joining import AnyCondition, matches, stored_conditions

ID_CHARACTERS = string.ascii_lowercase + string.digits


class CohortRefused(Exception):
    """The cohort cannot be made or changed so; the text says why."""


@dataclass(frozen=True, slots=True)
class Change:
    added: int
    removed: int


def new_id() -> str:
    return "".join(secrets.choice(ID_CHARACTERS) for _place in range(8))


def create_list(
    name: str, user_ids: Sequence[str], now: datetime, cohort_id: str | None = None
) -> Cohort:
    cohort = _created(Cohort(name=name, kind=Cohort.Kind.LIST), cohort_id, now)
    change(cohort, add=user_ids, remove=[], now=now)
    return cohort


def create_rule(
    name: str,
    conditions: Iterable[AnyCondition],
    match: str,
    now: datetime,
    cohort_id: str | None = None,
) -> Cohort:
    cohort = Cohort(name=name, kind=Cohort.Kind.RULE, match=match)
    cohort.conditions = [condition.as_json() for condition in conditions]
    cohort = _created(cohort, cohort_id, now)
    recompute(cohort, now)
    return cohort


def _created(cohort: Cohort, cohort_id: str | None, now: datetime) -> Cohort:
    cohort.name = _checked_name(cohort.name)
    if cohort_id and not re.fullmatch(r"[a-z0-9]{8}", cohort_id):
        raise CohortRefused(_("A cohort's ID has 8 lower-case letters or digits."))
    cohort.id, cohort.created_at, cohort.changed_at = cohort_id or new_id(), now, now
    try:
        with transaction.atomic():
            cohort.save(force_insert=True)
            SizePoint.objects.create(cohort=cohort, at=now, size=0)
    except IntegrityError as taken:
        raise CohortRefused(_("A cohort with the ID %(id)s exists.") % {"id": cohort.id}) from taken
    return cohort


def rename(cohort: Cohort, name: str, now: datetime) -> None:
    cohort.name, cohort.changed_at = _checked_name(name), now
    cohort.save(update_fields=["name", "changed_at"])


def archive(cohort: Cohort, archived: bool, now: datetime) -> None:
    """An archived cohort stays as it is: no rule is followed, and no schedule goes on."""
    cohort.archived, cohort.changed_at = archived, now
    cohort.save(update_fields=["archived", "changed_at"])


def describe(cohort: Cohort, description: str, now: datetime) -> None:
    if len(description) > DESCRIPTION_LENGTH:
        raise CohortRefused(
            _("A description has at most %(limit)d characters.") % {"limit": DESCRIPTION_LENGTH}
        )
    cohort.description, cohort.changed_at = description.strip(), now
    cohort.save(update_fields=["description", "changed_at"])


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped:
        raise CohortRefused(_("Enter a name."))
    if len(stripped) > 200:
        raise CohortRefused(_("A name has at most 200 characters."))
    return stripped


def set_rule(
    cohort: Cohort, conditions: Iterable[AnyCondition], match: str, now: datetime
) -> Change:
    if not cohort.by_rule:
        raise CohortRefused(_("This cohort is kept by list; it has no rule."))
    cohort.conditions = [condition.as_json() for condition in conditions]
    cohort.match, cohort.changed_at = match, now
    cohort.save(update_fields=["conditions", "match", "changed_at"])
    return recompute(cohort, now)


def change(cohort: Cohort, *, add: Sequence[str], remove: Sequence[str], now: datetime) -> Change:
    """Adds and removes by user id; an id in both lists is removed. Unknown ids become users."""
    if cohort.by_rule:
        raise CohortRefused(_("This cohort is kept by its rule; edit the rule instead."))
    leaving = set(remove)
    with transaction.atomic():
        joining = users.ensure_users([one for one in add if one not in leaving], now)
        return _apply(cohort, joining, users.numbers_of(list(leaving)), now)


def recompute(cohort: Cohort, now: datetime) -> Change:
    """Brings a rule's members up to date; those of a list or an archived one are what they are."""
    if not cohort.by_rule or cohort.archived:
        return Change(0, 0)
    return _settle(cohort, _fulfilling([cohort], now)[cohort.pk], now)


def recompute_rules(now: datetime) -> None:
    """All of them in one pass over the users."""
    cohorts = list(Cohort.objects.filter(kind=Cohort.Kind.RULE, archived=False))
    if not cohorts:
        return
    wanted = _fulfilling(cohorts, now)
    for cohort in cohorts:
        _settle(cohort, wanted[cohort.pk], now)


def _settle(cohort: Cohort, wanted: set[int], now: datetime) -> Change:
    with transaction.atomic():
        held = set(cohort.members.values_list("user_id", flat=True))
        joining = users.still_there(wanted - held)  # one may have become part of another
        return _apply(cohort, joining, held - wanted, now)


def _fulfilling(cohorts: Sequence[Cohort], now: datetime) -> dict[str, set[int]]:
    """Whom each cohort's rule holds for, by the cohort's id."""
    rules = [
        (cohort.pk, stored_conditions(cohort.conditions), cohort.match == Cohort.Match.ANY)
        for cohort in cohorts
    ]
    asked = {one for _id, rule, _any in rules for one in rule if isinstance(one, EventCondition)}
    done = {condition: event_counts.of(condition, now) for condition in asked}
    found: dict[str, set[int]] = {cohort.pk: set() for cohort in cohorts}
    rows = AmplitudeUser.objects.values_list("amplitude_id", "user_id", "device_id", "properties")
    for number, user_id, device_id, properties in rows.iterator():
        held = {**properties, "user_id": user_id, "device_id": device_id}
        counts = {condition: by_user.get(number, 0) for condition, by_user in done.items()}
        for cohort_id, rule, any_of in rules:
            if matches(held, rule, any_of=any_of, counts=counts):
                found[cohort_id].add(number)
    return found


def days_go_by() -> bool:
    """Whether a rule looks at the last so many days, so that time alone can change its members."""
    rules = Cohort.objects.filter(kind=Cohort.Kind.RULE, archived=False)
    rows = (row for held in rules.values_list("conditions", flat=True) for row in held)
    return any(row.get("days") for row in rows)


def shuffle(cohort: Cohort, now: datetime) -> Change:
    """Takes a few users in and a few out, at random, so that a delta has something to show."""
    if cohort.by_rule:
        raise CohortRefused(_("This cohort is kept by its rule; edit the rule instead."))
    with transaction.atomic():
        held = list(cohort.members.values_list("user_id", flat=True))
        others = AmplitudeUser.objects.filter(user_id__isnull=False).exclude(
            memberships__cohort=cohort
        )
        strangers = list(others.values_list("amplitude_id", flat=True))
        joining = random.sample(strangers, min(SHUFFLE_ADDS, len(strangers)))
        leaving = random.sample(held, min(SHUFFLE_REMOVES, len(held)))
        return _apply(cohort, joining, leaving, now)


def forget(number: int, now: datetime) -> None:
    """Takes a user out of every cohort, since it ends or became part of another."""
    for cohort in Cohort.objects.filter(members__user_id=number):
        _apply(cohort, [], [number], now)


def _apply(
    cohort: Cohort, joining: Collection[int], leaving: Collection[int], now: datetime
) -> Change:
    before = cohort.members.count()
    removed = 0
    for part in users.in_parts(list(leaving)):
        removed += cohort.members.filter(user_id__in=part).delete()[0]
    CohortMember.objects.bulk_create(
        [CohortMember(cohort=cohort, user_id=number) for number in joining], ignore_conflicts=True
    )
    change = Change(cohort.members.count() - before + removed, removed)
    settle_size(cohort, change, now)
    return change


def settle_size(cohort: Cohort, change: Change, now: datetime) -> None:
    """Writes down what a change of the members came to, within the same transaction."""
    changed = ["computed_at"]
    cohort.computed_at = now
    if change.added or change.removed:
        cohort.size, cohort.changed_at = cohort.members.count(), now
        SizePoint.objects.create(cohort=cohort, at=now, size=cohort.size)
        changed += ["size", "changed_at"]
    cohort.save(update_fields=changed)
