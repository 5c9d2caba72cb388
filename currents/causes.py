"""Dead letters grouped by cause, in Amplitude's words, each with a hint of ours. Knows rows of dead
letters; the hints are what wire/amplitude-http-v2.md tells of each answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from currents.kinds import kind_name
from currents.models import Current, DeadLetter

# Groups that a page lists, the largest first; and event types named of one.
GROUPS_LISTED = 50
KINDS_NAMED = 4

# (what the cause holds, in small letters, what it means): the first that fits is said.
HINTS: tuple[tuple[str, str | Promise], ...] = (
    (
        "silenced",
        _(
            "Someone silenced this device in Amplitude, as a rule because it sends too much. Lift "
            "it there, or mend what the device runs."
        ),
    ),
    (
        "invalid_id_lengths",
        _("The ID is one that Amplitude never accepts. Mend what the sender uses as an ID."),
    ),
    (
        '"time"',
        _("The sender gives a time that Amplitude can’t read. Mend the sender."),
    ),
    (
        ": time",
        _("The sender gives a time that Amplitude can’t read. Mend the sender."),
    ),
    (
        "user_id",
        _("The user ID is missing, or one that Amplitude never accepts. Mend the sender."),
    ),
    (
        "device_id",
        _("The device ID is missing, or one that Amplitude never accepts. Mend the sender."),
    ),
    (
        "invalid_fields",
        _("A field has a value of a kind that Amplitude does not take. Mend the sender."),
    ),
    (
        "missing",
        _("A field that Amplitude requires is not there. Mend the sender."),
    ),
    (
        "too large",
        _("A single event above 1 MB. Leave a property out where it is sent."),
    ),
    (
        "too_large",
        _("A single event above 1 MB. Leave a property out where it is sent."),
    ),
    (
        "unreadable_properties",
        _("Its properties are no JSON object, so it was not sent. Mend the sender."),
    ),
    (
        "no_event_name",
        _("A custom event without a name, so it was not sent. Mend the sender."),
    ),
)
OTHER_HINT = _("Amplitude refused it as it is. The attempt shows the whole answer.")


@dataclass(slots=True)
class Cause:
    """A group of dead letters: event types with the most letters first."""

    cause: str
    status: int | None
    kinds: list[str]
    more_kinds: int
    first_at: datetime
    last_at: datetime
    count: int

    @property
    def hint(self) -> str:
        return hint(self.cause)


def hint(cause: str) -> str:
    small = cause.lower()
    for part, words in HINTS:
        if part in small:
            return str(words)
    return str(OTHER_HINT)


def causes(current: Current) -> list[Cause]:
    """In one query; the largest group first."""
    rows = (
        DeadLetter.objects.filter(current=current)
        .values_list("cause", "event_type")
        .annotate(count=Count("pk"), first_at=Min("at"), last_at=Max("at"), status=Max("status"))
        .order_by("-count")
    )
    made: dict[str, Cause] = {}
    for text, event_type, count, first_at, last_at, status in rows:
        group = made.get(text)
        if group is None:
            made[text] = Cause(text, status, [kind_name(event_type)], 0, first_at, last_at, count)
            continue
        if len(group.kinds) < KINDS_NAMED:
            group.kinds.append(kind_name(event_type))
        else:
            group.more_kinds += 1
        group.count += count
        group.first_at = min(group.first_at, first_at)
        group.last_at = max(group.last_at, last_at)
    return sorted(made.values(), key=lambda group: -group.count)
