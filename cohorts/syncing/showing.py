"""What pages and fragments tell of a cohort's syncs, as their templates want it. Reads only."""

from __future__ import annotations

from typing import Any

from cohorts.models import Cohort
from cohorts.syncing import reading, sentences
from cohorts.syncing.models import SyncRun


def run_context(run: SyncRun) -> dict[str, Any]:
    return {"run": run, "at_work": sentences.at_work(run) if run.is_active else ""}


def cohort_context(cohort: Cohort) -> dict[str, Any]:
    """What the cohort's page tells of its syncs."""
    syncs = reading.of_cohort(cohort)
    held = syncs.held
    after = cohort.size + held.added - held.removed if held else 0
    return {
        "syncs": syncs,
        "size_marks": [(held.state_since, sentences.would_be(after))] if held else [],
        "cadence": sentences.cadence(syncs.schedule) if syncs.schedule else "",
        "at_work": sentences.at_work(syncs.active) if syncs.active else "",
        "held_sentence": sentences.held(held) if held else "",
        "held_why": sentences.why_held(held) if held else "",
        "held_after": after,
    }
