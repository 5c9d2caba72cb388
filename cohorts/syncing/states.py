"""The states of a sync run and the one table of moves between them. Pure: moving is moving.py's.

    queued ─▶ requesting ─▶ downloading ─▶ applying ─▶ completed, completed with skips
       │          ▲  │           │   ▲        │  ▲
       │          └──┼───────────┘   └────────┤  │ approved
       │             │     (a request that    ▼  │
       │             │      has expired)     held ─▶ rejected, superseded
       └─────────────┴─▶ cancelled, failed (from every one that is at work)

`skipped` is where a run begins and ends that was due while another one was at work.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("sync", "Queued")
    REQUESTING = "requesting", pgettext_lazy("sync", "Requesting")
    DOWNLOADING = "downloading", pgettext_lazy("sync", "Downloading")
    APPLYING = "applying", pgettext_lazy("sync", "Applying")
    COMPLETED = "completed", pgettext_lazy("sync", "Completed")
    WITH_SKIPS = "with_skips", pgettext_lazy("sync", "Completed with skips")
    HELD = "held", pgettext_lazy("sync", "Held for approval")
    REJECTED = "rejected", pgettext_lazy("sync", "Rejected")
    SUPERSEDED = "superseded", pgettext_lazy("sync", "Superseded")
    FAILED = "failed", pgettext_lazy("sync", "Failed")
    CANCELLED = "cancelled", pgettext_lazy("sync", "Cancelled")
    SKIPPED = "skipped", pgettext_lazy("sync", "Skipped: one was running")


# At work: of these a cohort never has two.
ACTIVE = (State.QUEUED, State.REQUESTING, State.DOWNLOADING, State.APPLYING)
# What applying may end in, when the difference was applied or, in a dry run, stored.
DONE = (State.COMPLETED, State.WITH_SKIPS)
# Until the target is there, nothing has to be undone when somebody stops it.
CANCELLABLE = (State.QUEUED, State.REQUESTING, State.DOWNLOADING)

MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.REQUESTING, State.APPLYING, State.CANCELLED, State.FAILED}),
    State.REQUESTING: frozenset({State.DOWNLOADING, State.CANCELLED, State.FAILED}),
    State.DOWNLOADING: frozenset({State.REQUESTING, State.APPLYING, State.CANCELLED, State.FAILED}),
    State.APPLYING: frozenset({*DONE, State.HELD, State.FAILED}),
    State.HELD: frozenset({State.APPLYING, State.REJECTED, State.SUPERSEDED}),
}
