"""How many people campaigns and Canvases reach, exactly; from the database to the number.

Lets segments evaluate; knows nothing of forms or screens.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from braze_partners.messaging.drafts import Target, target_of
from braze_partners.messaging.models import Outreach
from cohorts.segments.evaluation import Funnel, funnel
from cohorts.segments.evaluation import sizes_of as sizes_of_plans
from cohorts.segments.planning import Known, learn, plan


def sizes(
    workspace_id: int, targets: dict[uuid.UUID, Target], known: Known | None = None
) -> dict[uuid.UUID, int | None]:
    """The sizes of many audiences with one load of bitmaps; None while one is being counted."""
    if not targets:
        return {}
    definitions = [each.definition for each in targets.values()]
    known = known or learn(workspace_id, definitions)
    plans = [
        plan(definition, known, f"outreach:{pk}")
        for pk, definition in zip(targets, definitions, strict=True)
    ]
    return dict(zip(targets, sizes_of_plans(workspace_id, plans), strict=True))


def sizes_of(workspace_id: int, outreaches: Sequence[Outreach]) -> dict[uuid.UUID, int | None]:
    return sizes(workspace_id, {each.pk: target_of(each) for each in outreaches})


def count(workspace_id: int, target: Target) -> Funnel:
    """Who is left after each chosen segment, each filter row, each exclusion row."""
    return funnel(workspace_id, target.definition)
