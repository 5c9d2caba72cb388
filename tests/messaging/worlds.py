"""Small worlds for messaging tests: people, cohorts, segments, and drafts over them."""

from __future__ import annotations

from typing import Any

from braze_partners.messaging import saving
from braze_partners.messaging.drafts import Draft, Step, Target, Variant
from braze_partners.messaging.models import Outreach
from braze_partners.workspaces.models import Account
from cohorts.segments import saving as segments
from cohorts.segments.models import Segment
from tests.segments.worlds import NOW, World, definition

CAMPAIGN, CANVAS = Outreach.Kind.CAMPAIGN, Outreach.Kind.CANVAS


def segment(made: World, name: str, *rows: Any, **more: Any) -> Segment:
    draft = segments.Draft(name, definition=definition(*rows, **more))
    return segments.create(made.workspace, draft, by=None, now=NOW)


def target(*chosen: Segment, filters: Any = (), exclude: Any = ()) -> Target:
    return Target(tuple(each.pk for each in chosen), definition(*filters, exclude=exclude))


def campaign(
    made: World, name: str = "Restock", by: Account | None = None, **more: Any
) -> Outreach:
    draft = Draft(name, **{"channels": ("email", "push")} | more)
    return saving.create(made.workspace, CAMPAIGN, draft, by=by, now=NOW)


def canvas(made: World, name: str = "Winback", by: Account | None = None, **more: Any) -> Outreach:
    given: dict[str, Any] = {
        "steps": (Step("Hello", "email"), Step("Reminder", "push")),
        "variants": (Variant("Variant 1", 50), Variant("Variant 2", 40)),
        "control_share": 10,
    }
    draft = Draft(name, **given | more)
    return saving.create(made.workspace, CANVAS, draft, by=by, now=NOW)
