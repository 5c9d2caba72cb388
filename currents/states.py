"""The states of a Current and the one table of moves between them. Pure: moving is moving.py's."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ACTIVE = "active", pgettext_lazy("Current", "Active")
    PAUSED = "paused", _("Paused")
    FAILING = "failing", _("Failing")
    STOPPED = "stopped", _("Stopped: credentials")
    DROPPING = "dropping", _("Dropping")
    DELETED = "deleted", _("Deleted")


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.ACTIVE, State.DELETED}),
    State.ACTIVE: frozenset({State.PAUSED, State.FAILING, State.STOPPED, State.DELETED}),
    State.PAUSED: frozenset({State.ACTIVE, State.DELETED}),
    State.FAILING: frozenset({State.ACTIVE, State.PAUSED, State.STOPPED, State.DELETED}),
    State.STOPPED: frozenset({State.ACTIVE, State.DROPPING, State.PAUSED, State.DELETED}),
    State.DROPPING: frozenset({State.ACTIVE, State.PAUSED, State.DELETED}),
    State.DELETED: frozenset(),
}

# Launched and not deleted: the ledger counts for them.
SEEING = (State.ACTIVE, State.PAUSED, State.FAILING, State.STOPPED, State.DROPPING)
# Those whose events are sent, or whose destination is tried.
SENDING = (State.ACTIVE, State.FAILING, State.STOPPED, State.DROPPING)
# The credentials are refused: only a probe goes out.
REFUSED = (State.STOPPED, State.DROPPING)
