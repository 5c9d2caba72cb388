"""The ledger as a page shows it: seven steps, the bar, the sentence that balances, and what one
step is made of. Pure: knows counts, the words for them, no rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from currents.fates import STEPS, Fate, Step
from currents.kinds import kind_name
from currents.ledger import Balance

LABELS: dict[Step, str | Promise] = {
    Step.RECEIVED: _("Received"),
    Step.NOT_SELECTED: pgettext_lazy("events", "Not selected"),
    Step.NO_IDENTITY: _("No identity"),
    Step.WAITING: _("Waiting"),
    Step.DEAD_LETTERED: _("Dead letters"),
    Step.DROPPED: _("Dropped"),
    Step.DELIVERED: pgettext_lazy("events", "Delivered"),
}
# In the order of the stacked bar.
PARTS = (
    Step.DELIVERED,
    Step.NOT_SELECTED,
    Step.NO_IDENTITY,
    Step.WAITING,
    Step.DEAD_LETTERED,
    Step.DROPPED,
)
# Event types of a step that are listed; the rest is one line.
TYPES_LISTED = 12
# What a part of the bar takes at least, so that it is seen, and what lies between two: percent.
LEAST, GAP = 0.6, 0.2


@dataclass(frozen=True, slots=True)
class LedgerStep:
    step: Step
    count: int
    share: float | None
    chosen: bool

    @property
    def label(self) -> str:
        return str(LABELS[self.step])


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the bar: where it begins and how long it is, as percentages for a drawing."""

    step: Step
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What a step is made of: reasons where it has several, and event types."""

    step: Step
    reasons: list[Line]
    types: list[Line]
    more_types: int
    more_events: int

    @property
    def label(self) -> str:
        return str(LABELS[self.step])

    @property
    def first_half(self) -> list[Line]:
        return self.types[: -(-len(self.types) // 2)]

    @property
    def second_half(self) -> list[Line]:
        return self.types[-(-len(self.types) // 2) :]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`log_received` is what the log says for the same span, None where it no longer knows."""

    balance: Balance
    steps: list[LedgerStep]
    parts: list[Part]
    breakdown: Breakdown | None
    log_received: int | None

    @property
    def difference(self) -> int:
        """Events that the log has and the ledger lacks; negative for those it has too many."""
        if self.log_received is None:
            return 0
        return self.log_received - self.balance.received

    @property
    def balances(self) -> bool:
        return not self.difference and all(n >= 0 for n in self.balance.by_fate.values())


def sheet(
    by_type: Mapping[str, Balance], total: Balance, log_received: int | None, chosen: Step | None
) -> Sheet:
    steps = [
        LedgerStep(step, total.step(step), _share(total.step(step), total.received), step == chosen)
        for step in Step
    ]
    breakdown = _breakdown(by_type, chosen) if chosen else None
    return Sheet(total, steps, list(_parts(total)), breakdown, log_received)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _parts(total: Balance) -> Iterable[Part]:
    """Each that is not nothing gets its least width; the largest gives it."""
    counts = {step: total.step(step) for step in PARTS if total.step(step) > 0}
    if not counts:
        return
    everything = sum(counts.values())
    room = 100 - GAP * (len(counts) - 1)
    widths = {step: max(room * count / everything, LEAST) for step, count in counts.items()}
    largest = max(widths, key=lambda step: widths[step])
    widths[largest] -= sum(widths.values()) - room
    start = 0.0
    for step, width in widths.items():
        yield Part(step, f"{start:.3f}%", f"{width:.3f}%")
        start += width + GAP


def _breakdown(by_type: Mapping[str, Balance], step: Step) -> Breakdown:
    fates = tuple(Fate) if step == Step.RECEIVED else STEPS[step]
    by_fate: Counter[Fate] = Counter()
    kinds: Counter[str] = Counter()
    for kind, balance in by_type.items():
        kinds[kind] += balance.of(fates)
        by_fate.update({fate: balance.by_fate.get(fate, 0) for fate in fates})
    whole = kinds.total()
    listed = [(kind, count) for kind, count in kinds.most_common(TYPES_LISTED) if count]
    told = sum(count for _kind, count in listed)
    several = step != Step.RECEIVED and len(fates) > 1
    return Breakdown(
        step,
        [_line(str(fate.label), by_fate[fate], whole) for fate in fates if by_fate[fate]]
        if several
        else [],
        [_line(kind_name(kind), count, whole) for kind, count in listed],
        sum(1 for count in kinds.values() if count) - len(listed),
        whole - told,
    )


def _line(label: str, count: int, whole: int) -> Line:
    return Line(label, count, count / whole if whole else 0.0)
