"""What Amplitude says of a person, project by project: the identity to ask by, the answer that
another room's job brought, its cohorts found again among ours. Only puts answers together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from braze_partners.partners import look_up_words, profile_look_ups
from braze_partners.partners.models import AmplitudeProject, ProfileLookUp
from braze_partners.people.models import Profile
from braze_partners.workspaces.models import Workspace
from cohorts.models import Cohort

AMPLITUDE = "amplitude"
# Properties and cohorts that a page shows of one answer; the rest are counted.
SHOWN = 100
State, Verdict = ProfileLookUp.State, ProfileLookUp.Verdict


@dataclass(frozen=True, slots=True)
class AtAmplitude:
    """`cohorts` are (Amplitude's id, ours where we have it). `look_up` is None where none was
    asked yet, or too many are under way."""

    project: AmplitudeProject
    look_up: ProfileLookUp | None
    sentence: str = ""
    properties: list[tuple[str, Any]] = field(default_factory=list)
    cohorts: list[tuple[str, Cohort | None]] = field(default_factory=list)
    more_properties: int = 0
    more_cohorts: int = 0

    @property
    def waits(self) -> bool:
        return self.look_up is not None and self.look_up.state != State.DONE


def identity(profile: Profile) -> tuple[str, str]:
    """User id and device id to ask by: the external id, else the oldest device."""
    if profile.external_id:
        return profile.external_id, ""
    device = profile.devices.order_by("pk").values_list("device_id", flat=True).first()
    return "", device or ""


def ask(workspace: Workspace, profile: Profile, now: datetime) -> list[ProfileLookUp]:
    """The questions to each project that a worker must be woken for."""
    user_id, device_id = identity(profile)
    if not user_id and not device_id:
        return []
    projects = profile_look_ups.projects_asked(workspace)
    asked = [profile_look_ups.ask(one, user_id, device_id, now) for one in projects]
    return [one for one in asked if one is not None and one.state == State.QUEUED]


def told(workspace: Workspace, profile: Profile) -> list[AtAmplitude]:
    user_id, device_id = identity(profile)
    projects = profile_look_ups.projects_asked(workspace)
    latest = [(one, profile_look_ups.latest(one, user_id, device_id)) for one in projects]
    found = [look_up for _, look_up in latest if look_up and look_up.verdict == Verdict.FOUND]
    ours = _ours(workspace, (pk for one in found for pk in one.cohort_ids[:SHOWN]))
    return [_at(project, look_up, ours) for project, look_up in latest]


def _ours(workspace: Workspace, cohort_ids: Iterable[str]) -> dict[str, Cohort]:
    wanted = set(cohort_ids)
    if not wanted:
        return {}
    rows = Cohort.objects.filter(workspace=workspace, partner=AMPLITUDE, cohort_id__in=wanted)
    return {cohort.cohort_id: cohort for cohort in rows}


def _at(
    project: AmplitudeProject, look_up: ProfileLookUp | None, ours: dict[str, Cohort]
) -> AtAmplitude:
    if look_up is None or look_up.verdict != Verdict.FOUND:
        return AtAmplitude(project, look_up, look_up_words.sentence(look_up) if look_up else "")
    properties = sorted(look_up.properties.items())
    return AtAmplitude(
        project,
        look_up,
        properties=properties[:SHOWN],
        cohorts=[(pk, ours.get(pk)) for pk in look_up.cohort_ids[:SHOWN]],
        more_properties=max(0, len(properties) - SHOWN),
        more_cohorts=max(0, len(look_up.cohort_ids) - SHOWN),
    )


def forget(sender: object, workspace_id: int, identities: Collection[str], **_: object) -> None:
    """Receives `people_deleted`, in the transaction that deletes the people."""
    profile_look_ups.forget_people(workspace_id, identities)
