"""Says in words which faults are on, for pages; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import gettext as _

from braze_partners.sandbox.faults.kinds import KINDS, Kind
from braze_partners.sandbox.models import Fault


@dataclass(frozen=True, slots=True)
class Described:
    fault: Fault
    kind: Kind
    share: str
    options: list[tuple[str, str]]


def described(faults: Iterable[Fault]) -> list[Described]:
    return [
        Described(fault, KINDS[fault.kind], _share(fault), _options(fault))
        for fault in faults
        if fault.kind in KINDS
    ]


def _share(fault: Fault) -> str:
    percent = formats.number_format(f"{fault.share * 100:.3g}", use_l10n=True)
    if KINDS[fault.kind].share_of_events:
        return _("%(percent)s%% of the events") % {"percent": percent}
    if fault.share == 1:
        return _("every request")
    return _("%(percent)s%% of the requests") % {"percent": percent}


def _options(fault: Fault) -> list[tuple[str, str]]:
    return [
        (str(option.label), option.written(fault.options[option.name]))
        for option in KINDS[fault.kind].options
        if fault.options.get(option.name) not in (None, [])
    ]
