"""People are identified, merged and deleted while they are imported, over real connections. What
comes out is what some order of the requests makes of plain sets."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from braze_partners.people import numbers, sets
from braze_partners.people.models import Alias, MergedProfile, PeopleSet, Profile
from cohorts import bitmaps
from cohorts.models import Cohort, ImportRun
from tests.cohorts.conftest import Partner, make_partner
from tests.keys.factories import RestApiKeyFactory
from tests.people.callers import PERMISSIONS, SECRET, Caller, an_alias

pytestmark = [pytest.mark.embedded, pytest.mark.django_db(transaction=True)]

ROUNDS = 6


def workspace() -> tuple[Partner, Caller]:
    partner = make_partner()
    RestApiKeyFactory.create(workspace=partner.workspace, secret=SECRET, permissions=PERMISSIONS)
    return partner, Caller(partner.workspace, partner.client)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gave; all begin together, each with a connection of its own."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            ready.wait(timeout=30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def own(caller: Caller) -> Caller:
    return Caller(caller.workspace, Client())


def identifies(caller: Caller, *pairs: tuple[str, str]) -> Callable[[], Any]:
    return lambda: own(caller).identify(*pairs)


def posts(caller: Caller, path: str, **body: Any) -> Callable[[], Any]:
    return lambda: own(caller).post(path, body)


def pushes(partner: Partner, **change: Any) -> Callable[[], Any]:
    mine = Partner(partner.workspace, partner.numbers, partner.anonymous, Client())
    return lambda: mine.users([change])


def all_is_well(partner: Partner) -> None:
    """Cold and counted sizes agree, and nobody is in who is not there."""
    alive = {number for _, block in numbers.universe(partner.workspace.pk) for number in block}
    rows = Profile.objects.filter(workspace=partner.workspace)
    assert alive == set(rows.values_list("number", flat=True))
    nameless = rows.filter(external_id=None).values_list("number", flat=True)
    kept = sets.read(partner.workspace.pk, PeopleSet.Kind.ANONYMOUS).values()
    assert {number for bits in kept for number in bits} == set(nameless)
    for cohort in Cohort.objects.filter(workspace=partner.workspace):
        inside = {n for bits in bitmaps.load([cohort.pk])[cohort.pk].values() for n in bits}
        assert inside <= alive and cohort.size == len(inside)
        placed = ImportRun.objects.filter(cohort=cohort, sequence__isnull=False)
        placed = placed.order_by("sequence")
        assert list(placed.values_list("sequence", flat=True)) == list(
            range(1, cohort.sequence + 1)
        )
        folded: set[int] = set()
        for run in placed:
            added, removed = (
                set(bitmaps.decode(run.added_bits)),
                set(bitmaps.decode(run.removed_bits)),
            )
            assert not added & folded and removed <= folded
            folded = (folded | added) - removed
            assert run.size_after == len(folded)
        assert folded == inside


def test_two_identifies_of_one_alias_have_an_order() -> None:
    partner, caller = workspace()
    for n in range(ROUNDS):
        person = caller.add(f"n{n}")
        asked = (identifies(caller, (f"n{n}", to)) for to in (f"new{n}", "u0"))
        answers = [answer.json() for answer in at_once(*asked)]
        taken = [answer["aliases_processed"] for answer in answers]
        assert sorted(taken) == [0, 1], answers
        number = caller.whose(f"n{n}")
        assert number is not None
        expected = "u0" if taken[1] else f"new{n}"
        assert Profile.objects.get(number=number).external_id == expected
        assert MergedProfile.objects.filter(number=person.number).exists() == bool(taken[1])
    all_is_well(partner)


def test_two_identifies_to_one_new_id_make_one_person() -> None:
    partner, caller = workspace()
    for n in range(ROUNDS):
        for name in ("n", "m"):
            caller.add(f"{name}{n}", devices={f"{name}-{n}": True})
        at_once(
            identifies(caller, (f"n{n}", f"new{n}"), (f"m{n}", f"new{n}")),
            identifies(caller, (f"m{n}", f"new{n}"), (f"n{n}", f"new{n}")),
        )
        assert caller.whose(f"n{n}") == caller.whose(f"m{n}")
        portrait = caller.portrait(Profile.objects.get(external_id=f"new{n}").number)
        assert len(portrait.devices) == len(portrait.aliases) == 2
    all_is_well(partner)


def test_two_calls_give_an_alias_to_one_person() -> None:
    partner, caller = workspace()
    for n in range(ROUNDS):
        owners: list[dict[str, str]] = [{}, {"external_id": "u1"}, {"external_id": "u2"}]
        told = [
            posts(caller, "alias/new", user_aliases=[an_alias(f"z{n}") | owner]) for owner in owners
        ]
        taken = [answer.json()["aliases_processed"] for answer in at_once(*told)]
        assert sum(taken) in (1, 2)  # naming nobody is taken as so already
        assert Alias.objects.filter(name=f"z{n}").count() == 1
    all_is_well(partner)


@pytest.mark.parametrize("remove", [False, True])
def test_whoever_is_imported_while_they_are_merged_is_imported(remove: bool) -> None:
    """Whichever comes first: after both the person is in, or out, under their number of now."""
    partner, caller = workspace()
    partner.users([{"user_ids": ["u9"]}])
    for n in range(ROUNDS):
        person = caller.add(f"n{n}")
        kept = partner.numbers[n]
        if remove:
            partner.users([{"aliases": [an_alias(f"n{n}")]}])
        answers = at_once(
            pushes(partner, aliases=[an_alias(f"n{n}")], should_remove=remove),
            identifies(caller, (f"n{n}", f"u{n}")),
        )
        assert [answer.status_code for answer in answers] == [201, 201]
        assert (kept in partner.members()) is not remove
        assert person.number not in partner.members()
        all_is_well(partner)


def test_whoever_is_imported_while_they_are_deleted_is_out() -> None:
    partner, caller = workspace()
    partner.users([{"user_ids": ["u9"]}])
    for n in range(ROUNDS):
        answers = at_once(
            pushes(partner, user_ids=[f"u{n}"], device_ids=["x0"]),
            posts(caller, "delete", external_ids=[f"u{n}"]),
            pushes(partner, user_ids=[f"u{n}", "u10"]),
        )
        assert [answer.status_code for answer in answers] == [201, 201, 201]
        assert partner.numbers[n] not in partner.members()
        all_is_well(partner)


def test_everything_at_once_has_an_order() -> None:
    partner, caller = workspace()
    for n in range(12):
        caller.add(f"n{n}", devices={f"y{n}": True}, attributes={"plan": f"p{n}"})

    def work(seed: int) -> Callable[[], None]:
        chance, mine = random.Random(seed), own(caller)
        importer = Partner(partner.workspace, partner.numbers, partner.anonymous, mine.client)

        def act() -> None:
            for _ in range(ROUNDS):
                names = chance.sample(range(12), 3)
                match chance.randrange(4):
                    case 0:
                        pairs = [(f"n{name}", f"u{chance.randrange(15)}") for name in names]
                        answer = mine.identify(*pairs)
                    case 1:
                        answer = mine.post("delete", {"user_aliases": [an_alias(f"n{names[0]}")]})
                    case 2:
                        told = [an_alias(f"n{name}") for name in names]
                        answer = mine.post("alias/new", {"user_aliases": told})
                    case _:
                        answer = importer.users(
                            [
                                {
                                    "aliases": [an_alias(f"n{name}") for name in names],
                                    "user_ids": [f"u{name}" for name in names],
                                    "device_ids": [f"y{names[0]}"],
                                    "should_remove": chance.random() < 0.3,
                                }
                            ],
                            cohort_id=chance.choice(["one", "two", "three"]),
                        )
                assert answer.status_code == 201, answer.content

        return act

    at_once(*(work(seed) for seed in range(6)))
    all_is_well(partner)
