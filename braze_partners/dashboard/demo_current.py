"""The demo's live Current into the sandbox, and a first campaign's events for it. Made once, by the
rules that hold for everybody; knows no files."""

from __future__ import annotations

from datetime import datetime, timedelta

from braze_partners.dashboard import demo_events
from braze_partners.dashboard.demo import SIGN_INS
from braze_partners.events import catalogue, intake
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import Workspace
from currents import editing
from currents.drafts import Draft, Stage, checked
from currents.models import Current

NAME = "Message engagement → Amplitude"
MESSAGE_ENGAGEMENT = "message_engagement"
# What it finds to deliver at once, so that its page is not empty.
FIRST_EVENTS = 240
FIRST_SPAN = timedelta(minutes=1)


def launch(workspace: Workspace, api_key: str, now: datetime) -> bool:
    """Whether it was made: only where no Current leads into the sandbox, and none ever did."""
    if Current.objects.filter(workspace=workspace, region=Region.SANDBOX).exists():
        return False
    kinds = catalogue.event_types().values()
    wanted = checked(
        Draft(
            name=NAME,
            contact_email=SIGN_INS[1].email,
            api_key=api_key,
            region=Region.SANDBOX,
            event_types=tuple(
                kind.name for kind in kinds if kind.core and kind.category == MESSAGE_ENGAGEMENT
            ),
        ),
        Stage.LAUNCH,
    )
    editing.launch(editing.create(workspace, wanted, Actor(), now), Actor(), now)
    intake.accept(workspace.pk, demo_events.some_events(FIRST_EVENTS, now - FIRST_SPAN, now), now)
    return True
