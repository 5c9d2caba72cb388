"""The demo's campaign and Canvas, over its segments. Nothing is sent: they say whom they target."""

from __future__ import annotations

from datetime import datetime

from braze_partners.messaging import saving
from braze_partners.messaging.drafts import Draft, Step, Target, Variant
from braze_partners.messaging.models import Channel, Outreach
from braze_partners.workspaces.models import Account
from cohorts.segments.definition import CohortFilter, Definition, Inclusion, Row
from cohorts.segments.models import Segment


def load(segments: list[Segment], without: str, by: Account, now: datetime) -> None:
    """An active campaign to the first segment, an active Canvas to the second without the people
    of the cohort `without`."""
    first, second = segments
    restock = Draft(
        "Back in stock",
        "What they looked at is back in the warehouse.",
        ("Retention",),
        (Channel.EMAIL, Channel.PUSH),
        Target((first.pk,)),
    )
    left_out = CohortFilter("amplitude", Inclusion.DOES_NOT_INCLUDE, (without,))
    winback = Draft(
        "Lapsed, won back",
        "Three messages over two weeks, and a control group to compare with.",
        ("Retention",),
        target=Target((second.pk,), Definition(all=(Row((left_out,)),))),
        steps=(
            Step("We miss you", Channel.EMAIL),
            Step("Still there?", Channel.PUSH),
            Step("A last offer", Channel.EMAIL, variant="With discount"),
        ),
        variants=(Variant("With discount", 45), Variant("Without discount", 45)),
        control_share=10,
    )
    drafts = ((Outreach.Kind.CAMPAIGN, restock), (Outreach.Kind.CANVAS, winback))
    for kind, draft in drafts:
        made = saving.create(first.workspace, kind, draft, by=by, now=now)
        saving.set_active(made, True, by=by, now=now)
