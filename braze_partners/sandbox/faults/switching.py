"""Switching faults on and off: the only writer of the fault rows; it knows no requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from braze_partners.sandbox.faults.kinds import KINDS
from braze_partners.sandbox.faults.options import OptionRefused
from braze_partners.sandbox.models import Fault
from braze_partners.sandbox.one_writer import writing

# Minutes that a fault may be given: a week. Longer is "until switched off" (own choice).
MOST_MINUTES = 10_080


@dataclass(frozen=True, slots=True)
class Wanted:
    """A fault as someone asks for it; without minutes it stays until it is switched off."""

    kind: str
    share: float
    minutes: float | None
    options: dict[str, Any]


def wanted(kind: str, given: dict[str, Any]) -> Wanted:
    """Reads `share`, `minutes` and the kind's options; raises OptionRefused."""
    rest = dict(given)
    share, minutes = rest.pop("share", 1), rest.pop("minutes", None)
    if type(share) not in (int, float) or not 0 < share <= 1:
        raise OptionRefused("share", _("`share` must be a number above 0 and at most 1."))
    if minutes is not None and (
        type(minutes) not in (int, float) or not 0 < minutes <= MOST_MINUTES
    ):
        text = _("`minutes` must be a number above 0 and at most %(most)d.")
        raise OptionRefused("minutes", text % {"most": MOST_MINUTES})
    return Wanted(kind, float(share), minutes, KINDS[kind].read_options(rest))


def switch_on(asked: Wanted, now: datetime) -> Fault:
    """From the next request on; one that is on already gets the new settings."""
    until = now + timedelta(minutes=asked.minutes) if asked.minutes is not None else None
    values = {
        "share": asked.share,
        "options": asked.options,
        "since": now,
        "until": until,
        "hits": 0,
    }
    fault, _created = Fault.objects.update_or_create(kind=asked.kind, defaults=values)
    return fault


def switch_to(asked: list[Wanted], now: datetime) -> None:
    """Exactly these are on afterwards."""
    with transaction.atomic():
        Fault.objects.exclude(kind__in=[one.kind for one in asked]).delete()
        for one in asked:
            switch_on(one, now)


def switch_off(kind: str | None = None) -> int:
    """One kind, or all of them; how many were on."""
    rows = Fault.objects.all() if kind is None else Fault.objects.filter(kind=kind)
    return rows.delete()[0]


def switched_on(now: datetime) -> QuerySet[Fault]:
    return Fault.objects.filter(Q(until__isnull=True) | Q(until__gt=now))


def is_on(kind: str, now: datetime) -> bool:
    return switched_on(now).filter(kind=kind).exists()


def count_hits(kinds: list[str]) -> None:
    if not kinds:
        return
    with writing:
        Fault.objects.filter(kind__in=kinds).update(hits=F("hits") + 1)
