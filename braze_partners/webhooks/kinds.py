"""The events that webhooks tell of, as one table. Knows no room that they come from."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

TEST = "webhook.test"


class Kind(models.TextChoices):
    COHORT_CHANGED = "cohort.changed", _("A cohort has changed: once per sync of a partner")
    CURRENT_STATE_CHANGED = "current.state_changed", _("A Current has changed its state")
    SYNC_FINISHED = "sync.finished", _("A pull sync has finished, or is held for approval")
