"""The sandbox's rows: users, events, cohorts, the destination, keys and faults; no HTTP here."""

from __future__ import annotations

from braze_partners.sandbox.models.cohorts import Cohort, CohortFile, CohortMember, SizePoint
from braze_partners.sandbox.models.events import EventType, ReceivedEvent, Tally
from braze_partners.sandbox.models.project import Fault, ProjectKey
from braze_partners.sandbox.models.syncs import (
    Cadence,
    CohortLink,
    Destination,
    SendAs,
    SentIdentifier,
    Sync,
    SyncAttempt,
    SyncRequest,
)
from braze_partners.sandbox.models.users import AmplitudeUser, UserDevice

__all__ = [
    "AmplitudeUser",
    "Cadence",
    "Cohort",
    "CohortFile",
    "CohortLink",
    "CohortMember",
    "Destination",
    "EventType",
    "Fault",
    "ProjectKey",
    "ReceivedEvent",
    "SendAs",
    "SentIdentifier",
    "SizePoint",
    "Sync",
    "SyncAttempt",
    "SyncRequest",
    "Tally",
    "UserDevice",
]
