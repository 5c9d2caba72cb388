"""What can become of an event that a Current saw, and how fates add up. Pure.

received = delivered + filtered + waiting + dead-lettered + dropped, always: each event has exactly
one fate (product.md 5.5).
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Fate(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered at the first attempt")
    RETRIED = "retried", _("Delivered after a retry")
    NOT_SELECTED = "not_selected", _("Not selected")
    NO_IDENTITY = "no_identity", _("No identity")
    ANONYMOUS = "anonymous", _("Anonymous left out")
    INVALID_ID = "invalid_id", _("Invalid ID")
    UNKNOWN_TYPE = "unknown_type", _("Unknown event type")
    DELETED = "deleted", _("Person deleted")
    DEAD = "dead", _("Dead letter")
    DROPPED = "dropped", _("Dropped: refused for too long")
    RETENTION = "retention", _("Dropped: retention")


class Step(StrEnum):
    """The seven steps of the ledger on screen."""

    RECEIVED = "received"
    NOT_SELECTED = "not_selected"
    NO_IDENTITY = "no_identity"
    WAITING = "waiting"
    DEAD_LETTERED = "dead_lettered"
    DROPPED = "dropped"
    DELIVERED = "delivered"


# Not selected: the owner's choice. No identity: nobody to send it for.
STEPS: dict[Step, tuple[Fate, ...]] = {
    Step.NOT_SELECTED: (Fate.NOT_SELECTED, Fate.UNKNOWN_TYPE),
    Step.NO_IDENTITY: (Fate.NO_IDENTITY, Fate.ANONYMOUS, Fate.INVALID_ID, Fate.DELETED),
    Step.WAITING: (Fate.WAITING,),
    Step.DEAD_LETTERED: (Fate.DEAD,),
    Step.DROPPED: (Fate.DROPPED, Fate.RETENTION),
    Step.DELIVERED: (Fate.DELIVERED, Fate.RETRIED),
}
FILTERED: tuple[Fate, ...] = (*STEPS[Step.NOT_SELECTED], *STEPS[Step.NO_IDENTITY])
