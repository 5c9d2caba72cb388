"""The last group or pull is taken back by a run of its own, only while nothing came after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from braze_partners.people.profiles import delete_profiles
from cohorts import undoing
from cohorts.errors import NothingToUndo
from cohorts.limits import GROUP_PAUSE
from cohorts.models import ImportRun
from tests.cohorts.conftest import Partner

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def push(amplitude: Partner, *ids: str, remove: bool = False) -> None:
    change = {"user_ids": list(ids), "should_remove": remove}
    assert amplitude.users([change]).status_code == 201


def later(amplitude: Partner) -> datetime:
    """When the last group is finished."""
    return amplitude.last_run().at + GROUP_PAUSE + timedelta(seconds=1)


def another_group(amplitude: Partner) -> None:
    """Lets the pause of a group pass."""
    cohort = amplitude.cohort()
    cohort.group_last_at = cohort.group_last_at and cohort.group_last_at - 2 * GROUP_PAUSE
    cohort.save(update_fields=["group_last_at"])


def numbers(amplitude: Partner, *places: int) -> set[int]:
    return {amplitude.numbers[place] for place in places}


def test_it_takes_a_whole_group_back(amplitude: Partner) -> None:
    push(amplitude, "u0", "u1", "u2")
    another_group(amplitude)
    push(amplitude, "u3", "u4")
    push(amplitude, "u0", "u3", remove=True)
    now = later(amplitude)
    seen = undoing.preview(amplitude.cohort(), now)
    assert (seen.put_back, seen.taken_out) == (1, 1)
    done = undoing.undo(amplitude.cohort(), now)
    assert (done.added, done.removed) == (1, 1)
    assert amplitude.members() == numbers(amplitude, 0, 1, 2)
    assert amplitude.last_run().kind == ImportRun.Kind.UNDO


def test_who_came_and_went_within_the_group_is_not_brought_in(amplitude: Partner) -> None:
    push(amplitude, "u0")
    another_group(amplitude)
    push(amplitude, "u1")
    push(amplitude, "u1", "u0", remove=True)
    push(amplitude, "u2")
    undoing.undo(amplitude.cohort(), later(amplitude))
    assert amplitude.members() == numbers(amplitude, 0)


def test_a_group_that_still_comes_in_is_not_taken_back(amplitude: Partner) -> None:
    push(amplitude, "u0")
    with pytest.raises(NothingToUndo):
        undoing.undo(amplitude.cohort(), amplitude.last_run().at)
    assert amplitude.members() == numbers(amplitude, 0)


def test_an_undo_is_not_taken_back(amplitude: Partner) -> None:
    push(amplitude, "u0")
    undoing.undo(amplitude.cohort(), later(amplitude))
    with pytest.raises(NothingToUndo):
        undoing.undo(amplitude.cohort(), later(amplitude))
    assert amplitude.members() == set()


def test_nothing_is_taken_back_of_a_cohort_that_nobody_has_changed(amplitude: Partner) -> None:
    amplitude.name()
    with pytest.raises(NothingToUndo):
        undoing.undo(amplitude.cohort(), amplitude.last_run().at)


def test_who_was_deleted_meanwhile_is_not_brought_back(amplitude: Partner) -> None:
    push(amplitude, "u0", "u1")
    another_group(amplitude)
    push(amplitude, "u0", "u1", remove=True)
    now = later(amplitude)
    delete_profiles(amplitude.workspace.pk, [amplitude.numbers[0]], now)
    undoing.undo(amplitude.cohort(), now)
    assert amplitude.members() == numbers(amplitude, 1)


def test_what_comes_while_it_is_being_taken_back_stays(
    amplitude: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(amplitude, "u0")
    found = undoing._found

    def slowly(cohort: Any, now: datetime) -> Any:
        answer = found(cohort, now)
        push(amplitude, "u1")
        return answer

    monkeypatch.setattr(undoing, "_found", slowly)
    with pytest.raises(NothingToUndo):
        undoing.undo(amplitude.cohort(), later(amplitude))
    assert amplitude.members() == numbers(amplitude, 0, 1)
