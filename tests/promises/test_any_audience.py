"""Whatever happens to people and cohorts in whatever order, who is in a cohort is what plain sets
say: pushes, pulls, holds, dry runs, undoing, identify, delete, archive, and all that stands in
audience_machine.py."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test
from pyroaring import BitMap

from braze_partners.workspaces.audit import Actor
from cohorts import bitmaps
from cohorts.errors import NothingToUndo
from cohorts.models import ImportRun
from cohorts.syncing import acts, engine
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.states import State
from tests.cohorts.conftest import NOW
from tests.promises.audience_machine import (
    COHORTS,
    IDS,
    NAMELESS,
    AudienceMachine,
    changes,
    cohorts,
)
from tests.syncing.factories import AmplitudeProjectFactory, PullScheduleFactory

pytestmark = pytest.mark.embedded

EXAMPLES = int(os.environ.get("CHAOS_AUDIENCES", "15"))
STEPS = int(os.environ.get("CHAOS_AUDIENCE_STEPS", "40"))
HOLD_PERCENT = 30
ACTOR = Actor(text="tests")
UNNOTICED = (ImportRun.Kind.DELETION, ImportRun.Kind.MERGE)
FIRST_PUSH = {"ids": IDS[:5], "aliases": NAMELESS[:2], "devices": ["x0"], "remove": False}
targets = st.lists(st.sampled_from(IDS), max_size=6, unique=True)
some_gone = st.lists(st.sampled_from(IDS), max_size=1)
some_pairs = st.lists(st.tuples(st.sampled_from(NAMELESS), st.sampled_from(IDS)), max_size=1)


class PulledMachine(AudienceMachine):
    """`held` and `dry` are the targets that wait, by cohort, with their runs."""

    @initialize()
    def begin(self) -> None:
        super().begin()
        self.project = AmplitudeProjectFactory.create(workspace=self.partner.workspace)
        self.pulled: set[str] = set()
        self.held: dict[str, tuple[SyncRun, set[int]]] = {}
        self.dry: dict[str, tuple[SyncRun, set[int]]] = {}
        self.no_reapply: set[str] = set()
        for cohort in COHORTS:
            self.push(cohort, [FIRST_PUSH])
        self.pull(COHORTS[0], FIRST_PUSH["ids"])

    # Pulls

    @rule(cohort=cohorts, ids=targets)
    def pull(self, cohort: str, ids: list[str]) -> None:
        if cohort not in self.audience.members:
            return
        run = acts.sync(self._schedule(cohort), ACTOR, NOW)
        self._superseded(cohort)
        target = self._downloaded(run, ids)
        changed = len(self._after(cohort, target) ^ self.audience.members[cohort])
        too_much = changed * 100 > len(self.audience.members[cohort]) * HOLD_PERCENT
        if changed and too_much and cohort in self.pulled:
            assert self._run(run).state == State.HELD
            self.held[cohort] = run, target
        else:
            self._applied(cohort, run, target)

    @precondition(lambda self: self.held)
    @rule()
    def approve(self) -> None:
        """The target set, against the membership and the people of now."""
        cohort, found = self.held.popitem()
        acts.approve(found[0], ACTOR, NOW)
        self._applied(cohort, *found)

    @rule(cohort=cohorts, ids=targets, gone=some_gone, pairs=some_pairs)
    def a_hold_is_approved_later(
        self, cohort: str, ids: list[str], gone: list[str], pairs: list[tuple[str, str]]
    ) -> None:
        """After people who are in it, or were to be, have gone or were merged."""
        self.pull(cohort, ids)
        if gone:
            self.delete_people(gone)
        if pairs:
            self._identify(*pairs[0], "merge")
        if self.held:
            self.approve()

    @precondition(lambda self: self.held)
    @rule()
    def reject(self) -> None:
        _cohort, found = self.held.popitem()
        acts.reject(found[0], ACTOR, NOW)
        assert self._run(found[0]).state == State.REJECTED

    @rule(cohort=cohorts, ids=targets)
    def dry_run(self, cohort: str, ids: list[str]) -> None:
        if cohort not in self.audience.members:
            return
        run = acts.dry_run(self._schedule(cohort), ACTOR, NOW)
        target = self._downloaded(run, ids)
        before, after = self.audience.members[cohort], self._after(cohort, target)
        ended = self._run(run)
        assert (ended.added, ended.removed) == (len(after - before), len(before - after))
        assert (ended.size_before, ended.size_after) == (len(before), len(after))
        self.dry[cohort] = run, target

    @precondition(lambda self: self.dry)
    @rule()
    def apply_dry_run(self) -> None:
        """However large the change is."""
        cohort, found = self.dry.popitem()
        run = acts.apply_dry_run(found[0], ACTOR, NOW)
        self._superseded(cohort)
        self._applied(cohort, run, found[1])

    def _schedule(self, cohort: str) -> PullSchedule:
        stored = self.partner.cohort(cohort)
        found = PullSchedule.objects.filter(cohort=stored).first()
        return found or PullScheduleFactory.create(
            cohort=stored, project=self.project, hold_percent=HOLD_PERCENT
        )

    def _downloaded(self, run: SyncRun, ids: list[str]) -> set[int]:
        """As it stands in the row after the file was read; the target is who is known of it."""
        target = {self.people.ids[one] for one in ids if one in self.people.ids}
        SyncRun.objects.filter(pk=run.pk).update(
            state=State.APPLYING,
            target_bits=bitmaps.encode(BitMap(target)),
            target_kept=True,
            received=len(target),
        )
        return target

    def _superseded(self, cohort: str) -> None:
        if found := self.held.pop(cohort, None):
            found[0].refresh_from_db()
            assert found[0].state == State.SUPERSEDED

    def _after(self, cohort: str, target: set[int]) -> set[int]:
        """A pull speaks of people with an external id only."""
        members = self.audience.members[cohort]
        kept = {number for number in members if not self.people.is_identified(number)}
        return kept | (target & self.people.alive)

    def _applied(self, cohort: str, run: SyncRun, target: set[int]) -> None:
        entered, left = self.audience.become(cohort, self._after(cohort, target))
        ended = self._run(run)
        assert (ended.state, ended.added, ended.removed) == (State.COMPLETED, entered, left)
        self.pulled.add(cohort)
        self.no_reapply.add(cohort)

    def _run(self, run: SyncRun) -> SyncRun:
        engine.run(run.pk, lambda: NOW)
        run.refresh_from_db()
        return run

    # Undoing

    @rule(cohort=cohorts)
    def undo(self, cohort: str) -> None:
        """Who is in is who was in before the last group or pull, as whom they are now."""
        if cohort not in self.audience.members:
            return
        later = datetime.now(UTC) + timedelta(hours=1)  # the last group is over by then
        first = self._undoable(cohort)
        if first is None:
            with pytest.raises(NothingToUndo):
                acts.undo(self.partner.cohort(cohort), ACTOR, later)
            return
        applied = acts.undo(self.partner.cohort(cohort), ACTOR, later)
        was = self.audience.before[cohort][first]
        after = {now for number in was if (now := self.people.now_is(number)) is not None}
        assert (applied.added, applied.removed) == self.audience.become(cohort, after)
        self.no_reapply.add(cohort)

    @rule(
        cohort=cohorts,
        sent=st.lists(st.lists(changes, min_size=1, max_size=2), min_size=1, max_size=3),
        gone=some_gone,
        pairs=some_pairs,
    )
    def a_group_is_undone(
        self,
        cohort: str,
        sent: list[list[dict[str, Any]]],
        gone: list[str],
        pairs: list[tuple[str, str]],
    ) -> None:
        """After a group of its own, with somebody who goes or is merged within."""
        self.pull(cohort, [])
        for number, request in enumerate(sent):
            self.push(cohort, request)
            if number == 0 and gone:
                self.delete_people(gone)
            if number == 0 and pairs:
                self._identify(*pairs[0], "merge")
        self.undo(cohort)

    def _undoable(self, cohort: str) -> int | None:
        """With which change of the cohort that began which can be taken back, if it can."""
        placed = ImportRun.objects.filter(
            cohort=self.partner.cohort(cohort), sequence__isnull=False
        )
        told = list(placed.order_by("sequence").values_list("kind", "group"))
        noticed = [place for place, (kind, _) in enumerate(told) if kind not in UNNOTICED]
        if not noticed:
            return None
        kind, group = told[noticed[-1]]
        first = noticed[-1] if group is None else [one for _, one in told].index(group)
        since = {one for one, _ in told[first:]}
        can_be = kind in (ImportRun.Kind.PUSH, ImportRun.Kind.PULL)
        return first if can_be and since <= {kind, ImportRun.Kind.DELETION} else None

    # What the others do differently

    @rule(cohort=cohorts, times=st.integers(1, 2))
    def reapply(self, cohort: str, times: int) -> None:
        """Of cohorts that were only pushed; pulls and undoing have rules of their own there."""
        if cohort not in self.no_reapply:
            super().reapply(cohort, times)

    @rule(cohort=cohorts)
    def delete_cohort(self, cohort: str) -> None:
        super().delete_cohort(cohort)
        for known in (self.held, self.dry):
            known.pop(cohort, None)
        self.pulled.discard(cohort)
        self.no_reapply.discard(cohort)


@pytest.mark.django_db(transaction=True)
def test_who_is_in_a_cohort_is_what_plain_sets_say_whatever_happens() -> None:
    run_state_machine_as_test(
        PulledMachine,
        settings=settings(
            phases=[Phase.generate],
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
