"""What /cohorts brings: a cohort's name and its time of creation at the partner. Knows nothing
of who is in.

A naming that changes something leaves a run of kind *name*, without counts and without a place
in the membership; the same naming again leaves none.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from braze_partners.people import numbers
from cohorts import membership
from cohorts.importing import Source, new_cohort
from cohorts.models import Cohort, ImportRun


@dataclass(frozen=True, slots=True)
class Naming:
    source: Source
    cohort_id: str
    name: str
    created_at: datetime


def name_cohort(naming: Naming) -> Cohort:
    """Makes or renames the cohort. Raises ResourceLocked. Holds the numbers' row: a cohort and a
    deletion of people begin one after the other."""
    with membership.held([]):
        numbers.lock(naming.source.workspace_id)
        cohort, made = new_cohort(naming.source, naming.cohort_id, naming.name)
        before = (cohort.named, cohort.name, cohort.partner_created_at)
        after = (True, naming.name, naming.created_at)
        if made or before != after:
            Cohort.objects.filter(pk=cohort.pk).update(
                named=True, name=naming.name, partner_created_at=naming.created_at
            )
            _record(naming, cohort)
    cohort.named, cohort.name, cohort.partner_created_at = after
    return cohort


def _record(naming: Naming, cohort: Cohort) -> None:
    source = naming.source
    ImportRun.objects.create(
        workspace_id=source.workspace_id,
        partner=source.partner,
        cohort=cohort,
        kind=ImportRun.Kind.NAME,
        state=ImportRun.State.COMPLETED,
        key_id=source.key_id,
        address=source.address,
        request_id=source.request_id,
        at=source.at,
        duration_ms=(time.perf_counter() - source.started) * 1000,
    )
