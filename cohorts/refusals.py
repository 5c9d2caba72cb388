"""Records requests that were refused although their key is good, so that the integration
engineer sees them among the runs. Bounded: a client that loops on an error fills no disk.
"""

from __future__ import annotations

import time

from braze_partners.rest import counters
from cohorts.importing import Source
from cohorts.limits import REFUSALS_RECORDED_PER_MINUTE
from cohorts.models import Cohort, ImportRun

MAX_ERROR_CHARACTERS = 400  # what the column holds


def record_refusal(source: Source, cohort_id: object, error: str, received: int) -> None:
    """A failed run; of the cohort if the request names one that exists."""
    recent = counters.count(f"refusals:{source.key_id}", 60, source.at.timestamp())
    if recent > REFUSALS_RECORDED_PER_MINUTE:
        return
    ImportRun.objects.create(
        workspace_id=source.workspace_id,
        partner=source.partner,
        cohort=_cohort(source, cohort_id),
        kind=ImportRun.Kind.PUSH,
        state=ImportRun.State.FAILED,
        key_id=source.key_id,
        address=source.address,
        request_id=source.request_id,
        at=source.at,
        duration_ms=(time.perf_counter() - source.started) * 1000,
        received=received,
        error=error[:MAX_ERROR_CHARACTERS],
    )


def _cohort(source: Source, cohort_id: object) -> Cohort | None:
    if not isinstance(cohort_id, str) or "\x00" in cohort_id:
        return None
    rows = Cohort.objects.filter(workspace_id=source.workspace_id, partner=source.partner)
    return rows.filter(cohort_id=cohort_id).first()
