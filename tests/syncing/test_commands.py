"""`add_amplitude_project` and `schedule_sync`."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from braze_partners.partners.models import AmplitudeProject
from cohorts.syncing import tasks
from cohorts.syncing.models import PullSchedule, SyncRun
from tests.cast import Cast
from tests.partners.factories import API_KEY, SECRET_KEY, AmplitudeProjectFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.run_sync, "apply_async", lambda **_: None)


def schedule(*args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("schedule_sync", *args, workspace="lumen", stdout=out, **options)
    return out.getvalue().strip()


def test_a_project_is_added_with_keys_from_standard_input(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{API_KEY}\n{SECRET_KEY}\n"))
    out = io.StringIO()
    call_command("add_amplitude_project", workspace="lumen", name="Lumen", stdout=out)
    project = AmplitudeProject.objects.get()
    assert out.getvalue().strip() == str(project.pk) and API_KEY not in out.getvalue()
    monkeypatch.setattr("sys.stdin", io.StringIO("x\n"))
    with pytest.raises(CommandError, match="secret_key: Enter the secret key"):
        call_command("add_amplitude_project", workspace="lumen", name="Other")


def test_a_cohort_is_scheduled_and_one_time_begins(cast: Cast) -> None:
    AmplitudeProjectFactory.create(workspace=cast.workspace, name="Lumen")
    pk = schedule("k3x9a7f2", project="Lumen", cadence="daily", at="06:15", never_hold=True)
    made = PullSchedule.objects.get()
    assert (pk, made.hour, made.minute, made.hold_percent) == (str(made.pk), 6, 15, None)
    schedule("d5b9x2ru", project="Lumen")
    assert SyncRun.objects.get().remote_id == "d5b9x2ru"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"project": "Nothing"}, "There is no Amplitude project Nothing."),
        ({"at": "noon"}, "--at: a time such as 06:15."),
        ({"cadence": "weekly"}, "cadence: Choose one-time, hourly or daily."),
        ({"time_zone": "Mars/Base"}, "time_zone: Choose a time zone"),
    ],
)
def test_what_can_not_be_is_said(cast: Cast, options: dict[str, str], said: str) -> None:
    AmplitudeProjectFactory.create(workspace=cast.workspace, name="Lumen")
    with pytest.raises(CommandError, match=said):
        schedule("k3x9a7f2", **{"project": "Lumen"} | options)
    assert not PullSchedule.objects.exists()
