"""Wake-ups of the imports of people and of kept answers. Knows when; importing.py and answers.py
know what."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.celery import wake
from braze_partners.people import answers, importing


@shared_task(name="people.run_import", ignore_result=True)
def run_import(pk: int) -> None:
    if importing.run(pk, timezone.now):
        wake(run_import, pk)


@shared_task(name="people.sweep_imports", ignore_result=True)
def sweep_imports() -> None:
    """Wakes imports that nobody holds (a lost message, a killed worker); clears old uploads."""
    now = timezone.now()
    for pk in importing.forgotten(now):
        wake(run_import, pk)
    importing.remove_unstarted(now)


@shared_task(name="people.count_answer", ignore_result=True)
def count_answer(pk: int) -> None:
    answers.count_in_background(pk, timezone.now())


@shared_task(name="people.sweep_answers", ignore_result=True)
def sweep_answers() -> None:
    """Wakes whoever counts for the first time: what was just asked, or was forgotten."""
    for pk in answers.waiting(timezone.now()):
        wake(count_answer, pk)


@shared_task(name="people.keep_answers_up", ignore_result=True)
def keep_answers_up() -> None:
    for workspace_id in answers.workspaces():
        answers.keep_up(workspace_id)


@shared_task(name="people.forget_answers", ignore_result=True)
def forget_answers() -> int:
    return answers.forget_unused(timezone.now())
