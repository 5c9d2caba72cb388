"""The cohorts of one person with the run that put them there: people's number, cohorts' answers.

Only puts other rooms' answers together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from braze_partners.workspaces.models import Workspace
from cohorts import bitmaps, listing, membership
from cohorts.models import Cohort, ImportRun

# Cohorts shown on a person's page; the rest are counted.
COHORTS_SHOWN = 20
# The newest runs of each shown cohort that are asked who put the person there.
RUNS_ASKED = 32


@dataclass(slots=True, frozen=True)
class PersonCohort:
    """`run` is None when the person came by a run older than those that were asked."""

    cohort: Cohort
    run: ImportRun | None


def cohorts_of_person(workspace: Workspace, number: int) -> tuple[list[PersonCohort], int]:
    """The latest cohorts that the person is in, and how many there are in all."""
    cohorts = list(listing.cohorts_of(workspace, archived=True))
    members = membership.of([cohort.pk for cohort in cohorts])
    theirs = [
        cohort for cohort in cohorts if cohort.pk in members and members[cohort.pk].holds(number)
    ]
    shown = theirs[:COHORTS_SHOWN]
    runs = _runs_that_added([cohort.pk for cohort in shown], number)
    return [PersonCohort(cohort, runs.get(cohort.pk)) for cohort in shown], len(theirs)


def _runs_that_added(cohort_ids: Sequence[int], number: int) -> dict[int, ImportRun]:
    """By cohort the newest run that added the person; one query."""
    place = Window(RowNumber(), partition_by=F("cohort_id"), order_by=F("sequence").desc())
    newest = (
        ImportRun.objects.filter(cohort_id__in=cohort_ids, sequence__isnull=False)
        .annotate(place=place)
        .filter(place__lte=RUNS_ASKED)
        .defer("removed_bits", "skipped_list")
        .order_by("-sequence")
    )
    found: dict[int, ImportRun] = {}
    for run in newest:
        cohort_id = run.cohort_id
        if cohort_id is None or cohort_id in found:
            continue
        if number in bitmaps.decode(run.added_bits):
            found[cohort_id] = run
    return found
