"""Archiving and deleting cohorts. Knows rows and who refers to them; knows not who asks."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError

from cohorts import membership
from cohorts.errors import CohortInUse
from cohorts.models import Cohort


def set_archived(cohort: Cohort, archived: bool, now: datetime) -> bool:
    """Takes a cohort off the list or back; pushes and segments go on either way (product.md 3.5).
    Says whether anything changed."""
    if archived == (cohort.archived_at is not None):
        return False
    cohort.archived_at = now if archived else None
    cohort.save(update_fields=["archived_at"])
    return True


def delete(cohort: Cohort) -> None:
    """Deletes a cohort with its members and runs. Raises CohortInUse while anything uses it."""
    key = cohort.pk
    try:
        cohort.delete()
    except IntegrityError as error:  # used already, or since a moment ago
        raise CohortInUse from error
    membership.forget(key)
