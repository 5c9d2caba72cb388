"""The machine that does anything to people and cohorts in any order and compares each step with
plain sets: pushes, renames, re-applied skips, identify, delete, archive, folds, other processes and
slow requests. What pulls and undoing add stands in test_any_audience.py."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from braze_partners.people import numbers
from braze_partners.people.models import Profile
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from braze_partners.workspaces.models import Workspace
from cohorts import (
    bitmaps,
    everywhere,
    explaining,
    folding,
    importing,
    keeping,
    membership,
    reapplying,
    remembered,
)
from cohorts.importing import IdentifierChange, Push, Source
from cohorts.membership import Seen, Wanted
from cohorts.models import Cohort, ImportRun
from tests.cohorts.conftest import NOW, Partner, make_partner
from tests.keys.factories import RestApiKeyFactory
from tests.people.callers import PERMISSIONS, SECRET, Caller, an_alias
from tests.promises.audiences import Audience, People, Said

FEW_PEOPLE = everywhere.FEW_PEOPLE
COHORTS = ("one", "two")
IDS = [f"u{n}" for n in range(8)] + ["v0", "v1"]  # nobody has v0 and v1 yet
NAMELESS = [f"n{n}" for n in range(6)]  # aliases of people without an external id
ALIASES = [f"a{n}" for n in range(4)] + NAMELESS
DEVICES = ["d0", "d1", "x0", "x1", "y0", "y1", "y2"]
UNKNOWN = ["ghost", "", "a\x1fb"]

changes = st.fixed_dictionaries(
    {
        "ids": st.lists(st.sampled_from(IDS + UNKNOWN), max_size=4),
        "aliases": st.lists(st.sampled_from(ALIASES), max_size=3),
        "devices": st.lists(st.sampled_from(DEVICES), max_size=3),
        "remove": st.booleans(),
    }
)
cohorts = st.sampled_from(COHORTS)


def as_sent(change: dict[str, Any]) -> dict[str, Any]:
    return {
        "user_ids": change["ids"],
        "aliases": [an_alias(name) for name in change["aliases"]],
        "device_ids": change["devices"],
        "should_remove": change["remove"],
    }


@dataclass
class Slow:
    """A push that has found its people and has not written yet."""

    cohort: str
    people: importing.Sorted
    seen: Seen
    remove: bool


class AudienceMachine(RuleBasedStateMachine):
    runs = 0

    @initialize()
    def begin(self) -> None:
        type(self).runs += 1
        remembered.memberships.clear()
        remembered.keys.clear()
        everywhere.FEW_PEOPLE = FEW_PEOPLE if type(self).runs % 2 else 0  # both ways to look
        Cohort.objects.all().delete()
        ImportRun.objects.all().delete()
        Workspace.objects.all().delete()
        self.partner: Partner = make_partner(f"machine-{type(self).runs}")
        RestApiKeyFactory.create(
            workspace=self.partner.workspace, secret=SECRET, permissions=PERMISSIONS
        )
        self.caller = Caller(self.partner.workspace, self.partner.client)
        self.people = self._people()
        self.audience = Audience()
        self.stale: tuple[int, Any] | None = None
        self.slow: Slow | None = None

    def _people(self) -> People:
        """The partner's, and six with alias `n0` … and device `y0` … who have no external id."""
        told = [
            NewPerson(aliases=[("crm", name)], devices=[NewDevice(f"y{n}")])
            for n, name in enumerate(NAMELESS)
        ]
        nameless = create_profiles(self.partner.workspace.pk, told, NOW)
        known, anonymous = self.partner.numbers, self.partner.anonymous
        return People(
            {f"u{n}": number for n, number in enumerate(known)},
            {f"a{n}": number for n, number in enumerate(known)}
            | dict(zip(NAMELESS, nameless, strict=True)),
            {f"d{n}": number for n, number in enumerate(known)}
            | {f"x{n}": number for n, number in enumerate(anonymous)}
            | {f"y{n}": number for n, number in enumerate(nameless)},
        )

    # What partners do

    @rule(cohort=cohorts, sent=st.lists(changes, min_size=1, max_size=3))
    def push(self, cohort: str, sent: list[dict[str, Any]]) -> None:
        response = self.partner.users([as_sent(change) for change in sent], cohort)
        assert response.status_code == 201, response.content
        received = sum(len(change[kind]) for change in sent for kind in change if kind != "remove")
        if not received:
            return
        self.audience.begin(cohort)
        after = set(self.audience.members[cohort])
        for change in sent:
            named = self._named(change)
            after = after - named if change["remove"] else after | named
        entered, left = self.audience.become(cohort, after)
        self.audience.pushes[cohort].append(self._said(sent))
        run = self.partner.last_run()
        assert (run.received, run.added, run.removed) == (received, entered, left)
        assert received == run.added + run.removed + run.unchanged + run.skipped
        assert run.size_after == len(after)

    def _named(self, change: dict[str, Any]) -> set[int]:
        kinds = ("ids", "aliases", "devices")
        return self.people.named_by({(kind, one) for kind in kinds for one in change[kind]})

    def _said(self, sent: list[dict[str, Any]]) -> Said:
        """The last word about each person and each identifier that nobody has."""
        said = Said()
        for change in sent:
            named = self._named(change)
            said.out = said.out | named if change["remove"] else said.out - named
            told = {(kind, one) for kind in ("ids", "aliases", "devices") for one in change[kind]}
            unknown = {one for one in told if self.people.whose(*one) is None}
            said.skipped -= unknown
            said.skipped_removals -= unknown
            (said.skipped_removals if change["remove"] else said.skipped).update(unknown)
        return said

    @rule(cohort=cohorts, times=st.integers(1, 2))
    def reapply(self, cohort: str, times: int) -> None:
        """Twice is as good as once."""
        pushes = self.audience.pushes.get(cohort, [])
        if not any(said.skipped or said.skipped_removals for said in pushes):
            return
        wanted = self.audience.known_since(cohort, self.people)
        entering = wanted - self.audience.members[cohort]
        for time_round in range(times):
            job = reapplying.start(self.partner.cohort(cohort), by=None, now=NOW)
            assert not reapplying.run(str(job.pk), lambda: NOW)
            job.refresh_from_db()
            assert (job.found, job.added) == (len(wanted), 0 if time_round else len(entering))
        self.audience.become(cohort, self.audience.members[cohort] | wanted)

    @rule(cohort=cohorts, name=st.sampled_from(["Buyers", "<b>", "نعم"]))
    def rename(self, cohort: str, name: str) -> None:
        assert self.partner.name(cohort_id=cohort, name=name).status_code == 201
        self.audience.begin(cohort)
        self.audience.names[cohort] = name

    @precondition(lambda self: self.slow is None and self.audience.members)
    @rule(cohort=cohorts, change=changes)
    def find_people_slowly(self, cohort: str, change: dict[str, Any]) -> None:
        """A push stops after it has found its people …"""
        if cohort not in self.audience.members:
            return
        pairs = [("crm", name) for name in change["aliases"]]
        told = IdentifierChange(change["ids"], pairs, change["devices"], change["remove"])
        source = Source(self.partner.workspace.pk, "amplitude", NOW, time.perf_counter())
        seen = membership.look(self.partner.cohort(cohort).pk)
        people = importing.sort_identifiers(Push(source, cohort, [told]))
        self.slow = Slow(cohort, people, seen, change["remove"])

    @precondition(lambda self: self.slow is not None)
    @rule()
    def write_at_last(self) -> None:
        """… and goes on much later: whoever was deleted is left out, whoever was merged is meant
        as the person they are now."""
        slow, self.slow = self.slow, None
        assert slow is not None
        if slow.cohort not in self.audience.members:
            return
        found = slow.people.remove if slow.remove else slow.people.add
        meant = {now for number in found if (now := self.people.now_is(number)) is not None}
        facts = importing.RunFacts(
            *(self.partner.workspace.pk, "amplitude", ImportRun.Kind.PUSH, NOW),
            started=time.perf_counter(),
        )
        wanted = Wanted(slow.people.add, slow.people.remove)
        key = self.partner.cohort(slow.cohort).pk
        applied = membership.apply(key, wanted, facts, slow.seen)
        before = self.audience.members[slow.cohort]
        after = before - meant if slow.remove else before | meant
        self.audience.pushes[slow.cohort].append(Said(out=meant if slow.remove else set()))
        assert (applied.added, applied.removed) == self.audience.become(slow.cohort, after)

    @precondition(lambda self: self.slow is None and self.audience.members)
    @rule(
        cohort=cohorts,
        change=changes,
        alias=st.sampled_from(NAMELESS),
        pairs=st.lists(st.tuples(st.sampled_from(NAMELESS), st.sampled_from(IDS)), max_size=2),
    )
    def a_slow_push_meets_a_merge(
        self, cohort: str, change: dict[str, Any], alias: str, pairs: list[tuple[str, str]]
    ) -> None:
        self.find_people_slowly(cohort, change | {"aliases": [*change["aliases"], alias]})
        for name, external_id in pairs:
            self._identify(name, external_id, "merge")
        if self.slow is not None:
            self.write_at_last()

    # What becomes of people

    @rule(alias=st.sampled_from(ALIASES + ["ghost"]), external_id=st.sampled_from(IDS))
    def identify(self, alias: str, external_id: str) -> None:
        self._identify(alias, external_id, "merge")

    @rule(alias=st.sampled_from(NAMELESS), external_id=st.sampled_from(IDS))
    def identify_without_merging(self, alias: str, external_id: str) -> None:
        """Memberships follow all the same."""
        self._identify(alias, external_id, "none")

    def _identify(self, alias: str, external_id: str, behavior: str) -> None:
        people, last = self.people, self.partner.last_run_id()
        answer = self.caller.identify((alias, external_id), merge_behavior=behavior).json()
        number, owner = people.aliases.get(alias), people.ids.get(external_id)
        concerned: set[str] = set()
        taken = number is not None and (number == owner or not people.is_identified(number))
        assert answer["aliases_processed"] == int(taken), answer
        if number is not None and taken and owner is None:
            people.ids[external_id] = number
        elif number is not None and owner is not None and taken and number != owner:
            concerned = self.audience.follow(number, owner)
            people.merge(number, owner)
        made = ImportRun.objects.filter(pk__gt=last)
        assert sorted(run.cohort.cohort_id for run in made if run.cohort) == sorted(concerned)
        assert {run.kind for run in made} <= {ImportRun.Kind.MERGE}

    @rule(
        named=st.lists(st.sampled_from(IDS), max_size=3, min_size=1)
        | st.lists(st.sampled_from(ALIASES), max_size=3, min_size=1)
    )
    def delete_people(self, named: list[str]) -> None:
        by_id = named[0] in IDS
        body: dict[str, Any] = (
            {"external_ids": named}
            if by_id
            else {"user_aliases": [an_alias(name) for name in named]}
        )
        known = self.people.ids if by_id else self.people.aliases
        gone = {known[name] for name in named if name in known}
        assert self.caller.post("delete", body).json()["deleted"] == len(gone)
        for number in gone:
            self.people.forget(number)
        self.audience.leave(gone)

    @rule(alias=st.sampled_from(NAMELESS), external_id=st.sampled_from([None, *IDS]))
    def add_alias(self, alias: str, external_id: str | None) -> None:
        told = an_alias(alias) | ({} if external_id is None else {"external_id": external_id})
        people = self.people
        answer = self.caller.post("alias/new", {"user_aliases": [told]}).json()
        if external_id is None:
            assert answer["aliases_processed"] == 1
            if alias not in people.aliases:
                newest = Profile.objects.filter(workspace=self.partner.workspace)
                people.aliases[alias] = newest.latest("number").number
            return
        number = people.ids.get(external_id)
        taken = number is not None and people.aliases.get(alias, number) == number
        assert answer["aliases_processed"] == int(taken)
        if number is not None and taken:
            people.aliases[alias] = number

    # What becomes of cohorts

    @rule(cohort=cohorts, archived=st.booleans())
    def archive(self, cohort: str, archived: bool) -> None:
        """Archived cohorts go on as they are."""
        if cohort not in self.audience.members:
            return
        keeping.set_archived(self.partner.cohort(cohort), archived, NOW)
        (self.audience.archived.add if archived else self.audience.archived.discard)(cohort)

    @rule(cohort=cohorts)
    def delete_cohort(self, cohort: str) -> None:
        if cohort in self.audience.members:
            keeping.delete(self.partner.cohort(cohort))
            self.audience.drop(cohort)
            self.stale = None
            self.slow = None

    @rule(cohort=cohorts)
    def fold(self, cohort: str) -> None:
        if cohort in self.audience.members:
            folding.fold(self.partner.cohort(cohort).pk)

    # What processes remember

    @rule()
    def forget(self) -> None:
        remembered.memberships.clear()
        remembered.keys.clear()

    @rule(cohort=cohorts)
    def keep(self, cohort: str) -> None:
        """Another process remembers the membership of now …"""
        if cohort in self.audience.members:
            key = self.partner.cohort(cohort).pk
            self.stale = key, remembered.memberships.get(key)

    @precondition(lambda self: self.stale and self.stale[1])
    @rule()
    def remember_what_was(self) -> None:
        """… and goes on from there."""
        assert self.stale is not None
        remembered.memberships.put(*self.stale)

    # What must be so

    @invariant()
    def cohorts_agree_with_plain_sets(self) -> None:
        for name, expected in self._audience().members.items():
            cohort = self.partner.cohort(name)
            assert cohort.size == len(expected) and cohort.name == self.audience.names[name]
            assert (cohort.archived_at is not None) == (name in self.audience.archived)
            cold = bitmaps.load([cohort.pk])[cohort.pk]
            assert {n for bits in cold.values() for n in bits} == expected
            assert membership.members(cohort.pk).size == len(expected)
            assert membership.members_page(cohort, None, 100) == sorted(expected)
            changed = ImportRun.objects.filter(cohort=cohort, sequence__isnull=False)
            assert changed.count() == cohort.sequence == self.audience.runs[name]

    def _audience(self) -> Audience:
        return getattr(self, "audience", Audience())

    @invariant()
    def people_agree_with_plain_sets(self) -> None:
        if not hasattr(self, "people"):
            return
        workspace_id = self.partner.workspace.pk
        alive = {number for _, block in numbers.universe(workspace_id) for number in block}
        rows = Profile.objects.filter(workspace=workspace_id)
        assert alive == self.people.alive == set(rows.values_list("number", flat=True))
        identified = rows.filter(external_id__isnull=False)
        assert dict(identified.values_list("external_id", "number")) == self.people.ids

    def teardown(self) -> None:
        everywhere.FEW_PEOPLE = FEW_PEOPLE
        for (name, number), added in self._audience().latest.items():
            found = explaining.last_change(self.partner.cohort(name), number)
            assert found is not None and found.added is added
