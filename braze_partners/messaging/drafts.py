"""Everything of a campaign or a Canvas that a person edits, as plain values; and whom it targets.

Reads what is stored; writes nothing and judges nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from braze_partners.messaging.limits import WHOLE
from braze_partners.messaging.models import Outreach
from cohorts.segments import tagging
from cohorts.segments.definition import (
    EVERYONE,
    Definition,
    Inclusion,
    Row,
    SegmentFilter,
    parse,
)


@dataclass(frozen=True, slots=True)
class Step:
    """`id` is None for one that is not saved yet; `variant` names the only variant that has this
    step, "" is all of them."""

    name: str
    channel: str
    id: uuid.UUID | None = None
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """`share` is in percent of the audience."""

    name: str
    share: int
    id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Who is in all of the segments and matches the filters; empty, it is everyone."""

    segments: tuple[uuid.UUID, ...] = ()
    filters: Definition = EVERYONE

    @property
    def chosen(self) -> Definition:
        """The segments alone."""
        rows = (Row((SegmentFilter(Inclusion.INCLUDES, (each,)),)) for each in self.segments)
        return Definition(tuple(rows))

    @property
    def definition(self) -> Definition:
        """All of it, as segments are evaluated."""
        return Definition(self.chosen.all + self.filters.all, self.filters.exclude)

    @property
    def empty(self) -> bool:
        return self == Target()


@dataclass(frozen=True, slots=True)
class Draft:
    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    target: Target = Target()
    steps: tuple[Step, ...] = ()
    variants: tuple[Variant, ...] = ()
    control_share: int = 0


def one_variant(name: str) -> tuple[Variant, ...]:
    """What a Canvas begins with: everyone gets the same."""
    return (Variant(name, WHOLE),)


def target_of(outreach: Outreach) -> Target:
    """From rows that were prefetched, or two queries."""
    chosen = [use for use in outreach.uses_segments.all() if use.position is not None]
    chosen.sort(key=lambda use: use.position or 0)
    return Target(tuple(use.segment_id for use in chosen), parse(outreach.filters))


def stored(outreach: Outreach) -> Draft:
    canvas = outreach.kind == Outreach.Kind.CANVAS
    steps = sorted(outreach.steps.all(), key=lambda step: step.position) if canvas else []
    variants = sorted(outreach.variants.all(), key=lambda each: each.position) if canvas else []
    names: dict[uuid.UUID | None, str] = {each.pk: each.name for each in variants}
    return Draft(
        name=outreach.name,
        description=outreach.description,
        tags=tuple(tagging.names(outreach)),
        channels=tuple(outreach.channels),
        target=target_of(outreach),
        steps=tuple(
            Step(each.name, each.channel, each.pk, names.get(each.variant_id, "")) for each in steps
        ),
        variants=tuple(Variant(each.name, each.share, each.pk) for each in variants),
        control_share=outreach.control_share,
    )
