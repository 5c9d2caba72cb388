"""A verdict on one event in plain words: a badge and a sentence. Pure but for the reader's language
and zone; the verdict is verdicts.py's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from braze_partners import formatting
from currents import causes
from currents.fates import Fate
from currents.models import Hold
from currents.states import State
from currents.verdicts import Outcome, VerdictAt

# Kind of badge, its words and its icon.
LOOKS: dict[Outcome, tuple[str, str | Promise, str]] = {
    Outcome.SENT: ("green", pgettext_lazy("event", "Sent"), "check"),
    Outcome.FILTERED: ("grey", pgettext_lazy("event", "Not sent"), "ban"),
    Outcome.WAITING: ("amber", pgettext_lazy("event", "Waiting"), "clock"),
    Outcome.HELD: ("amber", pgettext_lazy("event", "Held"), "timer"),
    Outcome.DEAD: ("red", pgettext_lazy("event", "Dead letter"), "circle-x"),
    Outcome.DROPPED: ("red", pgettext_lazy("event", "Dropped"), "trash-2"),
    Outcome.BEFORE_LAUNCH: ("outline", pgettext_lazy("event", "Not sent"), "circle-dashed"),
}

WHY_FILTERED: dict[Fate, str | Promise] = {
    Fate.NOT_SELECTED: gettext_lazy("This Current does not export this event type."),
    Fate.UNKNOWN_TYPE: gettext_lazy("No Current can export this type: nobody here knows it."),
    Fate.NO_IDENTITY: gettext_lazy("The event names neither an external ID nor a device."),
    Fate.ANONYMOUS: gettext_lazy("This Current leaves anonymous users out."),
    Fate.INVALID_ID: gettext_lazy("Amplitude never accepts the ID that the event names."),
    Fate.DELETED: gettext_lazy("The person it was about has been deleted."),
}
WHY_DROPPED: dict[Fate, str | Promise] = {
    Fate.DROPPED: gettext_lazy("Amplitude refused the API key longer than events may wait."),
    Fate.RETENTION: gettext_lazy("It waited until the log could keep it no longer."),
}
WHY_WAITING: dict[str, str | Promise] = {
    State.ACTIVE: gettext_lazy("It is sent within seconds."),
    State.PAUSED: gettext_lazy("The Current is paused; it is sent on resume."),
    State.FAILING: gettext_lazy("Amplitude can’t be reached; sending is tried again by itself."),
    State.STOPPED: gettext_lazy("Amplitude refuses the API key; it waits for another one."),
    State.DROPPING: gettext_lazy(
        "Amplitude refuses the API key; it is dropped when it has waited too long."
    ),
    State.DELETED: gettext_lazy("The Current was deleted before it was sent."),
}
WHY_HELD: dict[str, str | Promise] = {
    Hold.Reason.PACED: gettext_lazy(
        "This user or device sends more than 30 events a second. Next try: %(time)s."
    ),
    Hold.Reason.THROTTLED: gettext_lazy(
        "Amplitude throttles this user or device. Next try: %(time)s."
    ),
    Hold.Reason.QUOTA: gettext_lazy(
        "This user or device has used up its day at Amplitude. Next try: %(time)s."
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """`quote` is Amplitude's own words, where there are any."""

    kind: str
    label: str
    icon: str
    sentence: str
    quote: str = ""


def tell(verdict: VerdictAt, now: datetime) -> Told:
    kind, label, icon = LOOKS[verdict.outcome]
    quote = verdict.letter.cause if verdict.letter else ""
    return Told(kind, str(label), icon, sentence(verdict, now), quote)


def sentence(verdict: VerdictAt, now: datetime) -> str:
    told = _reason(verdict, now)
    if not verdict.settings_since:
        return told
    return f"{told} {_earlier(verdict)}"


def _reason(verdict: VerdictAt, now: datetime) -> str:
    match verdict.outcome:
        case Outcome.SENT:
            return _("Amplitude has taken it.")
        case Outcome.FILTERED:
            return str(WHY_FILTERED[verdict.fate or Fate.NOT_SELECTED])
        case Outcome.WAITING:
            return str(WHY_WAITING.get(verdict.current.state, WHY_WAITING[State.ACTIVE]))
        case Outcome.HELD if verdict.hold is not None:
            return str(WHY_HELD[verdict.hold.reason]) % {"time": _when(verdict.hold.due_at, now)}
        case Outcome.DEAD if verdict.letter is not None:
            return causes.hint(verdict.letter.cause)
        case Outcome.DROPPED:
            return str(WHY_DROPPED[verdict.fate or Fate.DROPPED])
        case Outcome.BEFORE_LAUNCH:
            return _("It came before this Current was launched.")
    return ""


def _earlier(verdict: VerdictAt) -> str:
    if verdict.outcome is Outcome.SENT:
        return _("The settings changed after it came: if they left it out then, it was not sent.")
    return _("The settings changed after it came: if they selected it then, it was sent.")


def _when(moment: datetime, now: datetime) -> str:
    locale = formatting.locale_of(get_language())
    return formatting.when(moment, now, timezone.get_current_timezone(), locale)
