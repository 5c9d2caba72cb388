"""The Celery app, and the one way to wake it. A message is only a wake-up: it may be lost or come
twice, and the sweeps of schedule.py find what was forgotten."""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery import Celery, Task, signals
from kombu.exceptions import OperationalError

from braze_partners import file_broker
from braze_partners.schedule import JOBS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "braze_partners.settings")
log = structlog.get_logger(__name__)

file_broker.register()
app = Celery("braze_partners")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # for every thread of the web process
app.conf.beat_schedule = {
    # What piled up while no worker ran is dropped: the next beat brings it again.
    job.name: {
        "task": job.task,
        "schedule": job.every,
        "options": {"expire_seconds": int(job.every.total_seconds())},
    }
    for job in JOBS
}


def wake(task: Task, *ids: int | str) -> None:
    """Tell a worker that something is due. Never fails: a broker that is down delays the work
    until the next sweep and is no error of the caller's."""
    try:
        task.apply_async(args=ids)
    except (OperationalError, OSError) as error:
        log.warning("wake_up_lost", task=task.name, error=type(error).__name__)


@signals.beat_init.connect
@signals.beat_embedded_init.connect
def forget_jobs_no_longer_scheduled(**_: Any) -> None:
    """The database scheduler adds and updates from the table but never removes."""
    from django_celery_beat.models import PeriodicTask

    PeriodicTask.objects.exclude(name__in=[job.name for job in JOBS]).delete()


@signals.worker_init.connect
def remember_the_worker(**_: Any) -> None:
    """Beat inside a worker is forked from it and finds this in its memory."""
    app.worker_pid = os.getpid()


@signals.beat_embedded_init.connect
def end_with_the_worker(**_: Any) -> None:
    """Beat inside a worker is a process of its own: a killed worker must not leave it behind, not
    even one that was killed before beat came to this line."""
    from braze_partners.supervisor.death import die_with_parent

    die_with_parent(parent=app.worker_pid)


@signals.task_prerun.connect
def bind_task_to_log_lines(task_id: str = "", task: Task | None = None, **_: Any) -> None:
    structlog.contextvars.bind_contextvars(run_id=task_id, task=task.name if task else "")


@signals.task_postrun.connect
def unbind_task_from_log_lines(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()
