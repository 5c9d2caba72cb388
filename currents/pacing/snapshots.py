"""The busiest ids of a pacer that lives in another process's memory, as rows. Knows both."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from currents.models import HotSnapshot
from currents.pacing.asking import HotId
from currents.pacing.in_memory import MemoryPacer

SHOWN = 20
# A snapshot older than this tells nothing of now: the worker is gone, or idle since.
FRESH = timedelta(seconds=30)


def write(pacer: MemoryPacer, now: datetime) -> None:
    for project in pacer.projects():
        ids = [asdict(hot) for hot in pacer.hot(project, SHOWN, now)]
        HotSnapshot.objects.update_or_create(project=project, defaults={"at": now, "ids": ids})


def read(project: str, limit: int, now: datetime) -> list[HotId]:
    kept = HotSnapshot.objects.filter(project=project, at__gt=now - FRESH).first()
    return [HotId(**hot) for hot in kept.ids[:limit]] if kept else []
