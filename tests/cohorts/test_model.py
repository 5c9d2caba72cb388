"""A state machine of pushes, renames, folds, forgotten caches and deletions, against plain sets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from braze_partners.people.profiles import delete_profiles
from cohorts import bitmaps, explaining, folding, membership, remembered
from cohorts.models import Cohort, ImportRun
from tests.cohorts.conftest import NOW, Partner, make_partner

pytestmark = pytest.mark.embedded

PEOPLE = 20
COHORTS = ("one", "two")
people = st.integers(0, PEOPLE - 1)
changes = st.fixed_dictionaries(
    {
        "users": st.lists(people, max_size=4),
        "aliases": st.lists(people, max_size=3),
        "devices": st.lists(people, max_size=2),
        "anonymous": st.lists(st.integers(0, 2), max_size=2),
        "unknown": st.lists(st.sampled_from(["ghost", "", "a\x1fb"]), max_size=2),
        "remove": st.booleans(),
    }
)


def as_sent(change: dict[str, Any]) -> dict[str, Any]:
    return {
        "user_ids": [f"u{n}" for n in change["users"]] + change["unknown"],
        "aliases": [{"alias_label": "crm", "alias_name": f"a{n}"} for n in change["aliases"]],
        "device_ids": [f"d{n}" for n in change["devices"]] + [f"x{n}" for n in change["anonymous"]],
        "should_remove": change["remove"],
    }


class CohortMachine(RuleBasedStateMachine):
    runs = 0

    @initialize()
    def begin(self) -> None:
        type(self).runs += 1
        for memory in (remembered.memberships, remembered.keys):
            memory.clear()
        Cohort.objects.all().delete()
        from braze_partners.workspaces.models import Workspace

        ImportRun.objects.all().delete()
        Workspace.objects.all().delete()
        self.amplitude: Partner = make_partner(f"machine-{type(self).runs}")
        self.gone: set[int] = set()
        self.model: dict[str, set[int]] = {}
        self.names: dict[str, str] = {}
        self.latest: dict[tuple[str, int], bool] = {}
        self.stale: tuple[int, Any] | None = None

    @rule(cohort=st.sampled_from(COHORTS), sent=st.lists(changes, min_size=1, max_size=3))
    def push(self, cohort: str, sent: list[dict[str, Any]]) -> None:
        response = self.amplitude.users([as_sent(change) for change in sent], cohort)
        assert response.status_code == 201, response.content
        received = sum(
            len(change[kind])
            for change in sent
            for kind in ("users", "aliases", "devices", "anonymous", "unknown")
        )
        if not received:
            return
        before = self.model.setdefault(cohort, set())
        self.names.setdefault(cohort, cohort)
        after = set(before)
        for change in sent:
            named = {self.amplitude.numbers[n] for n in change["users"] + change["aliases"]}
            named |= {self.amplitude.anonymous[n] for n in change["anonymous"]}
            named -= self.gone
            after = after - named if change["remove"] else after | named
        self.model[cohort] = after
        self._check_run(cohort, received, before, after)

    def _check_run(self, cohort: str, received: int, before: set[int], after: set[int]) -> None:
        run = self.amplitude.last_run()
        assert run.received == received
        assert (run.added, run.removed) == (len(after - before), len(before - after))
        assert received == run.added + run.removed + run.unchanged + run.skipped
        assert run.size_after == len(after)
        for number in before ^ after:
            self.latest[cohort, number] = number in after

    @rule(cohort=st.sampled_from(COHORTS), name=st.sampled_from(["Buyers", "<b>", "نعم"]))
    def rename(self, cohort: str, name: str) -> None:
        assert self.amplitude.name(cohort_id=cohort, name=name).status_code == 201
        self.model.setdefault(cohort, set())
        self.names[cohort] = name

    @precondition(lambda self: self.model)
    @rule(cohort=st.sampled_from(COHORTS))
    def fold(self, cohort: str) -> None:
        if cohort in self.model:
            folding.fold(self.amplitude.cohort(cohort).pk)

    @rule()
    def forget(self) -> None:
        remembered.memberships.clear()
        remembered.keys.clear()

    @precondition(lambda self: self.model)
    @rule(cohort=st.sampled_from(COHORTS))
    def keep(self, cohort: str) -> None:
        """Another process remembers the membership of now …"""
        if cohort in self.model:
            key = self.amplitude.cohort(cohort).pk
            self.stale = key, remembered.memberships.get(key)

    @precondition(lambda self: self.stale and self.stale[1])
    @rule()
    def remember_what_was(self) -> None:
        """… and goes on from there."""
        assert self.stale is not None
        remembered.memberships.put(*self.stale)

    @rule(who=people)
    def delete_person(self, who: int) -> None:
        number = self.amplitude.numbers[who]
        delete_profiles(self.amplitude.workspace.pk, [number], NOW)
        self.gone.add(number)
        for cohort, members in self.model.items():
            if number in members:
                members.discard(number)
                self.latest[cohort, number] = False

    @precondition(lambda self: self.model)
    @rule(cohort=st.sampled_from(COHORTS))
    def delete_cohort(self, cohort: str) -> None:
        if cohort in self.model:
            found = self.amplitude.cohort(cohort)
            found.delete()
            del self.model[cohort]
            self.names.pop(cohort, None)
            self.latest = {key: value for key, value in self.latest.items() if key[0] != cohort}
            self.stale = None

    @invariant()
    def agrees_with_plain_sets(self) -> None:
        for name, expected in getattr(self, "model", {}).items():
            cohort = self.amplitude.cohort(name)
            assert cohort.size == len(expected) and cohort.name == self.names.get(name, name)
            cold = bitmaps.load([cohort.pk])[cohort.pk]
            assert {n for bits in cold.values() for n in bits} == expected
            assert membership.members(cohort.pk).size == len(expected)
            assert membership.members_page(cohort, None, 100) == sorted(expected)

    def teardown(self) -> None:
        for (name, number), added in getattr(self, "latest", {}).items():
            found = explaining.last_change(self.amplitude.cohort(name), number)
            assert found is not None and found.added is added


@pytest.mark.django_db(transaction=True)
def test_membership_agrees_with_plain_sets() -> None:
    run_state_machine_as_test(
        CohortMachine,
        settings=settings(
            phases=[Phase.generate],
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
