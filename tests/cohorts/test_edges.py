"""The command and the tasks: thin, but somebody relies on what they print and find."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cohorts import tasks
from tests.cohorts.conftest import Partner

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def printed(*args: str) -> str:
    out = StringIO()
    call_command("cohort_members", *args, stdout=out)
    return out.getvalue()


def test_the_command_prints_one_member_a_line(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u3", "u1"], "device_ids": ["x0"]}])
    shown = printed("--workspace", "lumen", "--partner", "amplitude", "abcd1234")
    assert shown.splitlines() == ["u1", "u3", "device:x0"]


def test_the_command_prints_json_with_kinds(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u1"], "device_ids": ["x0"]}])
    shown = json.loads(printed("--workspace", "lumen", "--json", "abcd1234"))
    assert shown == [
        {"kind": "external_id", "identifier": "u1", "external_id": "u1"},
        {"kind": "device", "identifier": "device:x0", "device_id": "x0"},
    ]
    amplitude.name(cohort_id="empty")
    assert json.loads(printed("--workspace", "lumen", "--json", "empty")) == []


def test_the_command_names_a_cohort_that_is_not_there(amplitude: Partner) -> None:
    with pytest.raises(CommandError, match="no cohort nope of amplitude in lumen"):
        printed("--workspace", "lumen", "nope")


def test_the_sweep_folds_what_has_piled_up(amplitude: Partner) -> None:
    for number in range(9):
        amplitude.users([{"user_ids": [f"u{number}"]}])
    tasks.fold_cohorts()
    tasks.fold_cohorts()
    assert amplitude.cohort().folded_sequence == 9 and len(amplitude.members()) == 9


def test_retiring_with_nothing_old_changes_nothing(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0", "ghost"]}])
    tasks.retire_old_runs()
    assert amplitude.last_run().skipped_list is not None
