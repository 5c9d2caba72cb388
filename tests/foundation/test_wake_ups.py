"""A Celery message is only a wake-up: losing one fails nobody, and the clock follows the table."""

from __future__ import annotations

import pytest
from celery import shared_task
from kombu.exceptions import OperationalError

from braze_partners import celery as ours
from braze_partners.schedule import JOBS


@shared_task(name="tests.wake_up")
def wake_up(pk: int) -> None:
    raise AssertionError("nobody listens here")


def test_a_broker_that_is_down_is_no_error_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(wake_up, "apply_async", refuse)
    ours.wake(wake_up, 1)


@pytest.mark.embedded
@pytest.mark.django_db
def test_the_clock_forgets_jobs_that_left_the_table() -> None:
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    for name in (JOBS[0].name, "a job of an older version"):
        PeriodicTask.objects.create(name=name, task="x", interval=every)
    ours.forget_jobs_no_longer_scheduled()
    assert list(PeriodicTask.objects.values_list("name", flat=True)) == [JOBS[0].name]


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_the_clock_takes_every_job_from_the_table() -> None:
    from django_celery_beat.models import PeriodicTask
    from django_celery_beat.schedulers import DatabaseScheduler

    DatabaseScheduler(app=ours.app, lazy=True).setup_schedule()
    listed = dict(PeriodicTask.objects.values_list("name", "task"))
    assert {job.name: job.task for job in JOBS}.items() <= listed.items()
