"""The 48-hour clock as a page draws it: the bar, its marks with the letters sent, the next probe.
Pure: puts a condition's clock into places and words, in the reader's language and zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from braze_partners import formatting
from currents.clock import FIRST, Clock, Mark
from currents.condition import Condition, Failure, Letter

# Share of the bar from which on a time leaves room for that of the end.
NEAR_THE_END = 0.85


class Mail(StrEnum):
    """How far the letter of a mark has come."""

    AHEAD = "ahead"
    SENT = "sent"
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True)
class FaceMark:
    """A mark of the bar: `place` is a percentage for a drawing, `anchor` which end of its time
    stands there."""

    label: str
    time: str
    place: str
    mail: Mail
    is_first: bool
    anchor: str


@dataclass(frozen=True, slots=True)
class Face:
    """`probe_in` is nothing where the next probe is due; `letter` is the latest that is owed."""

    title: str
    remaining: timedelta
    is_over: bool
    passed: str
    marks: list[FaceMark]
    end_time: str
    probe_in: timedelta | None
    probed_at: datetime | None
    letter: Letter | None


def face(condition: Condition) -> Face | None:
    """None where no credentials are refused."""
    clock, failure = condition.clock, condition.failure
    if clock is None or failure is None:
        return None
    times = _times([*(mark.at for mark in clock.marks), clock.dropping_at], clock.now)
    probe_at = condition.current.due_at
    waits = probe_at is not None and probe_at > condition.now
    return Face(
        title=_("%(hours)s-hour window") % {"hours": _hours(clock.window)},
        remaining=clock.remaining,
        is_over=clock.is_over,
        passed=_percent(clock.passed),
        marks=[
            _mark(mark, time, clock, failure)
            for mark, time in zip(clock.marks, times, strict=False)
        ],
        end_time=times[-1],
        probe_in=probe_at - condition.now if probe_at is not None and waits else None,
        probed_at=failure.last_probe_at if failure.last_probe_at > failure.began_at else None,
        letter=_latest(failure),
    )


def _times(moments: list[datetime], now: datetime) -> list[str]:
    """As on a time-line: the day is named where it is another than before, first than today."""
    told, before = [], now
    for moment in moments:
        told.append(_hour(moment, before))
        before = moment
    return told


def _mark(mark: Mark, time: str, clock: Clock, failure: Failure) -> FaceMark:
    letter = failure.letters.get(mark.stage)
    if letter is not None and letter.sent_at is not None:
        mail = Mail.SENT
    else:
        mail = Mail.AHEAD if mark.at > clock.now else Mail.UNSENT
    label = _("First failure")
    if mark.stage != FIRST:
        label = _("%(percent)s%%") % {"percent": round(mark.share * 100)}
    is_first = mark.stage == FIRST
    anchor = "start" if is_first else "end" if mark.place > NEAR_THE_END else "middle"
    return FaceMark(label, time, _percent(mark.place), mail, is_first, anchor)


def _latest(failure: Failure) -> Letter | None:
    """Of those that were sent, else the one that is owed."""
    letters = list(failure.letters.values())
    sent = [(letter.sent_at, letter) for letter in letters if letter.sent_at is not None]
    if sent:
        return max(sent, key=lambda pair: pair[0])[1]
    return letters[0] if letters else None


def _hours(window: timedelta) -> str:
    hours = window / timedelta(hours=1)
    return formatting.number(hours, _locale(), decimals=0 if hours == int(hours) else 2)


def _percent(share: float) -> str:
    return f"{share * 100:.2f}%"


def _locale() -> str:
    return formatting.locale_of(get_language())


def _hour(moment: datetime, now: datetime) -> str:
    return formatting.hour(moment, now, timezone.get_current_timezone(), _locale())
