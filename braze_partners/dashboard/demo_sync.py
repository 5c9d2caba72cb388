"""The demo's Amplitude project into the sandbox and a daily pull of one of its cohorts. Made once,
by the rules that hold for everybody; knows no files."""

from __future__ import annotations

from datetime import datetime

from braze_partners.dashboard.demo import SIGN_INS
from braze_partners.partners import projects
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.partners.models import AmplitudeProject
from braze_partners.partners.projects import Wanted
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import Workspace
from cohorts.syncing import acts, schedules
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.schedules import Remote, Timing

NAME = "Lumen production (sandbox)"
PULLED = Remote("w20cc4sn", "Power users EU")
DAILY = Timing(PullSchedule.Cadence.DAILY, 0, 6, "Europe/Paris", email=SIGN_INS[1].email)


def schedule(workspace: Workspace, api_key: str, secret_key: str, now: datetime) -> SyncRun | None:
    """The first sync, which is to be woken: only where no project leads into the sandbox."""
    known = AmplitudeProject.objects.filter(workspace=workspace, region=Region.SANDBOX)
    if known.exists():
        return None
    wanted = Wanted(NAME, Region.SANDBOX, api_key, secret_key)
    project = projects.create(workspace, wanted, Actor(), now).project
    made = schedules.schedule(workspace, project, PULLED, DAILY, Actor(), now)
    return acts.sync(made, Actor(), now)
