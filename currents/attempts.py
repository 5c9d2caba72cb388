"""Attempts as people read them: what happened, in a sentence, with its colour and icon. Knows
attempts; knows not what was done about them elsewhere."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from braze_partners import formatting
from currents.models import Attempt, Current

Outcome = Attempt.Outcome

# Kind of badge and icon of each outcome.
LOOKS: dict[str, tuple[str, str]] = {
    Outcome.DELIVERED: ("green", "check"),
    Outcome.REJECTED: ("amber", "triangle-alert"),
    Outcome.THROTTLED: ("amber", "timer"),
    Outcome.TOO_LARGE: ("amber", "split"),
    Outcome.CREDENTIALS: ("red", "circle-x"),
    Outcome.UNREACHABLE: ("amber", "refresh-cw"),
    Outcome.UNEXPECTED: ("amber", "circle-question-mark"),
}
# Outcomes of which Amplitude's own words say most.
QUOTED = (Outcome.CREDENTIALS, Outcome.UNREACHABLE, Outcome.UNEXPECTED)


def attempts_of(current: Current) -> QuerySet[Attempt]:
    """The latest first, without what was sent and answered."""
    rows = Attempt.objects.filter(current=current).defer("request", "answer")
    return rows.order_by("-id")


def quote(attempt: Attempt) -> str:
    """Amplitude's words, where they say what happened."""
    return attempt.words if attempt.outcome in QUOTED else ""


def what_happened(attempt: Attempt) -> str:
    """Empty where there is nothing to add to Amplitude's words."""
    match attempt.outcome:
        case Outcome.DELIVERED:
            return _delivered(attempt)
        case Outcome.REJECTED:
            return _rejected(attempt)
        case Outcome.THROTTLED:
            return _throttled(attempt)
        case Outcome.TOO_LARGE if attempt.events == 1:
            return _("Larger than Amplitude takes an event to be: a dead letter")
        case Outcome.TOO_LARGE:
            return _("Halved and sent again")
        case Outcome.UNREACHABLE | Outcome.UNEXPECTED:
            return _("Tried again by itself")
    return ""


def lanes(attempt: Attempt) -> str:
    """9, or 4–7."""
    if attempt.first_lane == attempt.last_lane:
        return str(attempt.first_lane)
    return f"{attempt.first_lane}–{attempt.last_lane}"


def _delivered(attempt: Attempt) -> str:
    if attempt.warning:
        return attempt.warning
    ingested = ngettext("%(count)s ingested", "%(count)s ingested", attempt.events)
    told = ingested % {"count": _number(attempt.events)}
    if attempt.kind == Attempt.Kind.PROBE:
        return _("%(ingested)s: the Current goes on by itself") % {"ingested": told}
    return told


def _rejected(attempt: Attempt) -> str:
    if not attempt.named:
        return _("Amplitude names no event: halved and sent again")
    return ngettext(
        "%(count)s named by Amplitude → dead letter; the others sent again",
        "%(count)s named by Amplitude → dead letters; the others sent again",
        attempt.named,
    ) % {"count": _number(attempt.named)}


def _throttled(attempt: Attempt) -> str:
    if not attempt.named:
        return _("The project’s own rate: everything pauses for a moment")
    return ngettext(
        "%(count)s id pauses; the others sent again",
        "%(count)s ids pause; the others sent again",
        attempt.named,
    ) % {"count": _number(attempt.named)}


def _number(count: int) -> str:
    return formatting.number(count, formatting.locale_of(get_language()))
