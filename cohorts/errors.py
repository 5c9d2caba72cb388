"""What can go wrong with a cohort, in the domain's words. HTTP statuses are given by wire."""

from __future__ import annotations


class ResourceLocked(Exception):
    """The cohort was being changed by others for longer than LOCK_WAIT."""


class CohortGone(Exception):
    """The cohort was deleted while a change to it was being prepared."""


class LostRace(Exception):
    """Another run took the next place of the cohort first."""


class CohortInUse(Exception):
    """The cohort can't be deleted: a segment, a campaign or a Canvas uses it."""


class NothingToUndo(Exception):
    """There is no last group or pull that may be taken back; its text says why, for people."""


class ReapplyRefused(Exception):
    """Skipped identifiers can't be re-applied now; its text says why, for people."""
