"""The line of facts below a Current's sentence, in the reader's language and zone. Pure: knows the
condition that it is handed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from braze_partners import formatting
from currents.condition import Condition
from currents.states import State


def facts(condition: Condition) -> list[str]:
    """From the most telling on; each stands by itself."""
    return list(_FACTS[condition.state](condition))


def waiting_words(count: int) -> str:
    if not count:
        return _("no event waits")
    words = ngettext("%(count)s event waits", "%(count)s events wait", count)
    return words % {"count": _number(count)}


def _draft(condition: Condition) -> Iterator[str]:
    current = condition.current
    time = _when(current.created_at, condition.now)
    if current.created_by:
        yield _("Made by %(name)s, %(time)s") % {"name": current.created_by.name, "time": time}
    else:
        yield _("Made %(time)s") % {"time": time}
    yield _("it will see the events that are received after its launch")


def _active(condition: Condition) -> Iterator[str]:
    if condition.delivered_at is None:
        yield _("No event has been delivered yet")
    else:
        zone, locale = timezone.get_current_timezone(), _locale()
        ago = formatting.ago(condition.delivered_at, condition.now, zone, locale)
        yield _("Last delivery %(ago)s") % {"ago": ago}
    if condition.rate:
        yield _("%(rate)s events/s in the last 10 s") % {"rate": _rate(condition.rate)}
    if condition.waiting and not condition.behind:
        yield waiting_words(condition.waiting)
    if condition.held_ids:
        yield ngettext(
            "one id is held back and delays only itself",
            "%(count)s ids are held back and delay only themselves",
            condition.held_ids,
        ) % {"count": _number(condition.held_ids)}


def _paused(condition: Condition) -> Iterator[str]:
    yield _start(waiting_words(condition.waiting))
    if condition.oldest is not None:
        age = formatting.span(condition.now - condition.oldest, _locale())
        yield _("the oldest for %(age)s") % {"age": age}


def _failing(condition: Condition) -> Iterator[str]:
    since = condition.current.failing_since or condition.current.state_since
    yield _("Failing since %(time)s") % {"time": _when(since, condition.now)}
    yield waiting_words(condition.waiting)
    yield _("an outage drops none")


def _stopped(condition: Condition) -> Iterator[str]:
    since = condition.failure.began_at if condition.failure else condition.current.state_since
    yield _("Sending stopped %(time)s. Events go on being received and wait.") % {
        "time": _when(since, condition.now)
    }


def _dropping(condition: Condition) -> Iterator[str]:
    yield _("Dropping since %(time)s") % {
        "time": _when(condition.current.state_since, condition.now)
    }
    yield waiting_words(condition.waiting)


def _deleted(condition: Condition) -> Iterator[str]:
    yield _("Its key is forgotten")


_FACTS = {
    State.DRAFT: _draft,
    State.ACTIVE: _active,
    State.PAUSED: _paused,
    State.FAILING: _failing,
    State.STOPPED: _stopped,
    State.DROPPING: _dropping,
    State.DELETED: _deleted,
}


def _start(text: str) -> str:
    return text[:1].upper() + text[1:]


def _locale() -> str:
    return formatting.locale_of(get_language())


def _number(count: int) -> str:
    return formatting.number(count, _locale())


def _rate(rate: float) -> str:
    return formatting.number(rate, _locale(), decimals=0 if rate >= 10 else 1)


def _when(moment: datetime, now: datetime) -> str:
    return formatting.when(moment, now, timezone.get_current_timezone(), _locale())
