"""A Current's state in plain words: one sentence, one obvious action, its colour and icon. Pure:
knows what it is told of a Current, in the reader's language and zone; reads no rows.

Screens, REST, letters and the home page say the same because they ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from braze_partners import formatting
from currents.models import Refusal
from currents.states import State


class Act(StrEnum):
    """The one obvious thing to do in a state."""

    LAUNCH = "launch"
    PAUSE = "pause"
    RESUME = "resume"
    SEE_ATTEMPTS = "see_attempts"
    ENTER_KEY = "enter_key"
    TRY_NOW = "try_now"
    SEE_LIST = "see_list"


ACT_LABELS: dict[Act, str | Promise] = {
    Act.LAUNCH: gettext_lazy("Launch Current"),
    Act.PAUSE: gettext_lazy("Pause Current"),
    Act.RESUME: gettext_lazy("Resume"),
    Act.SEE_ATTEMPTS: gettext_lazy("See attempts"),
    Act.ENTER_KEY: gettext_lazy("Enter new key"),
    Act.TRY_NOW: gettext_lazy("Try again now"),
    Act.SEE_LIST: gettext_lazy("All Currents"),
}

# Badge and edge of each state: a kind of badge and an icon.
LOOKS: dict[State, tuple[str, str]] = {
    State.DRAFT: ("outline", "circle-dashed"),
    State.ACTIVE: ("green", "circle-check"),
    State.PAUSED: ("grey", "pause"),
    State.FAILING: ("amber", "refresh-cw"),
    State.STOPPED: ("red", "circle-x"),
    State.DROPPING: ("red", "trash-2"),
    State.DELETED: ("grey", "ban"),
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What the words depend on. `by` paused or deleted it; `refusal` and `dropped` are those of
    the open credential failure; `status` is the last answer's, where there was one; `waiting`
    counts what waits longer than delivery takes, held identities left out."""

    state: State
    since: datetime
    now: datetime
    window: timedelta = timedelta(hours=48)
    by: str = ""
    refusal: str = ""
    status: int | None = None
    next_try: datetime | None = None
    dropped: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    sentence: str
    act: Act

    @property
    def action(self) -> str:
        return str(ACT_LABELS[self.act])


def words(situation: Situation) -> Words:
    """The one sentence and the one action of what the Current is in."""
    match situation.state:
        case State.DRAFT:
            return Words(_("Not launched. No event is sent."), Act.LAUNCH)
        case State.ACTIVE:
            return Words(_active(situation), Act.PAUSE)
        case State.PAUSED:
            return Words(_paused(situation), Act.RESUME)
        case State.FAILING:
            return Words(_failing(situation), Act.SEE_ATTEMPTS)
        case State.STOPPED:
            return Words(_stopped(situation), _remedy(situation.refusal))
        case State.DROPPING:
            return Words(_dropping(situation), _remedy(situation.refusal))
        case State.DELETED:
            return Words(_deleted(situation), Act.SEE_LIST)


def refusal_words(refusal: str) -> str:
    """How Amplitude refuses, each in its own sentence."""
    sentences = {
        Refusal.INVALID_KEY: _("Amplitude refuses this Current’s API key."),
        Refusal.UNAUTHORIZED: _("Amplitude answers 401: it does not know this Current’s API key."),
        Refusal.FORBIDDEN: _(
            "Amplitude answers 403: a firewall or a blocked region, seldom the key, keeps us out."
        ),
    }
    return sentences[Refusal(refusal) if refusal else Refusal.INVALID_KEY]


def _remedy(refusal: str) -> Act:
    """No new key opens a firewall."""
    return Act.TRY_NOW if refusal == Refusal.FORBIDDEN else Act.ENTER_KEY


def _active(situation: Situation) -> str:
    if situation.next_try is not None and situation.next_try > situation.now:
        length = formatting.span(situation.next_try - situation.now, _locale())
        told = _("Amplitude throttles the whole project (429).")
        return " ".join((told, _("Sending goes on by itself in %(length)s.") % {"length": length}))
    if not situation.waiting:
        return _("Events are delivered within seconds of arriving. Nothing needs doing.")
    return ngettext(
        "Events that waited are being delivered, in order: %(count)s is still to go.",
        "Events that waited are being delivered, in order: %(count)s are still to go.",
        situation.waiting,
    ) % {"count": _number(situation.waiting)}


def _paused(situation: Situation) -> str:
    since = _when(situation.since, situation.now)
    if situation.by:
        told = _("Paused by %(name)s, %(time)s.") % {"name": situation.by, "time": since}
    else:
        told = _("Paused, %(time)s.") % {"time": since}
    return " ".join((told, _("Events wait and will be sent on resume.")))


def _failing(situation: Situation) -> str:
    if situation.status is None:
        told = _("Amplitude does not answer.")
    elif situation.status == 429:
        told = _("Amplitude throttles the whole project (429).")
    elif situation.status >= 500:
        told = _("Amplitude does not answer (%(status)s).") % {"status": situation.status}
    else:
        told = _("Amplitude’s address gives an unexpected answer (%(status)s).") % {
            "status": situation.status
        }
    return f"{told} {_again(situation)}"


def _again(situation: Situation) -> str:
    if situation.next_try is None or situation.next_try <= situation.now:
        return _("Sending is tried again by itself, now.")
    length = formatting.span(situation.next_try - situation.now, _locale())
    return _("Sending is tried again by itself, next in %(length)s.") % {"length": length}


def _stopped(situation: Situation) -> str:
    told = refusal_words(situation.refusal)
    if not situation.dropped:
        return " ".join((told, _("Nothing is lost so far.")))
    dropped = ngettext(
        "%(count)s event was dropped; the others wait.",
        "%(count)s events were dropped; the others wait.",
        situation.dropped,
    ) % {"count": _number(situation.dropped)}
    return f"{told} {dropped}"


def _dropping(situation: Situation) -> str:
    window = formatting.span(situation.window, _locale())
    if not situation.dropped:
        return _(
            "Refused for more than %(window)s: events that waited so long are being dropped."
        ) % {"window": window}
    return ngettext(
        "Refused for more than %(window)s: %(count)s of the oldest events was dropped. "
        "Newer ones wait until they are as old.",
        "Refused for more than %(window)s: %(count)s of the oldest events were dropped. "
        "Newer ones wait until they are as old.",
        situation.dropped,
    ) % {"window": window, "count": _number(situation.dropped)}


def _deleted(situation: Situation) -> str:
    since = _when(situation.since, situation.now)
    if situation.by:
        told = _("Deleted by %(name)s, %(time)s.") % {"name": situation.by, "time": since}
    else:
        told = _("Deleted, %(time)s.") % {"time": since}
    return " ".join((told, _("Nothing is sent any more; what it did stays counted.")))


def _locale() -> str:
    return formatting.locale_of(get_language())


def _number(count: int) -> str:
    return formatting.number(count, _locale())


def _when(moment: datetime, now: datetime) -> str:
    return formatting.when(moment, now, timezone.get_current_timezone(), _locale())
