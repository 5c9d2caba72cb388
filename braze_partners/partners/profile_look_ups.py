"""What Amplitude says of a person: asked for by a worker within five seconds, the answer kept for
some minutes. Knows ProfileLookUp and how the User Profile API is called; knows nobody of ours, no
screens and no Celery.

A row is taken by compare-and-set under a lease, so that it runs once at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from braze_partners.keys import credentials
from braze_partners.keys.credentials import CredentialUnreadable
from braze_partners.partners.amplitude import user_profiles
from braze_partners.partners.amplitude.cohort_answers import NotAnswered
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.partners.limits import (
    LEASE_MARGIN,
    LONGEST_LEASE,
    LOOK_UP_FRESH,
    LOOK_UP_KEPT,
    LOOK_UP_PATIENCE,
    LOOK_UP_SECONDS,
    PROJECTS_ASKED,
    UNFINISHED_LOOK_UPS,
)
from braze_partners.partners.models import AmplitudeProject, ProfileLookUp
from braze_partners.partners.projects import projects_of
from braze_partners.workspaces.models import Workspace

State, Verdict = ProfileLookUp.State, ProfileLookUp.Verdict
Clock = Callable[[], datetime]


def projects_asked(workspace: Workspace) -> list[AmplitudeProject]:
    return list(projects_of(workspace)[:PROJECTS_ASKED])


def latest(project: AmplitudeProject, user_id: str, device_id: str) -> ProfileLookUp | None:
    rows = ProfileLookUp.objects.filter(
        project=project, asked_hash=_hash(user_id, device_id), user_id=user_id, device_id=device_id
    )
    return rows.select_related("project").order_by("-pk").first()


def ask(
    project: AmplitudeProject, user_id: str, device_id: str, now: datetime
) -> ProfileLookUp | None:
    """The answer that is fresh, the question under way, or a new one, which the caller wakes a
    worker for. None while too many of the workspace's have not ended."""
    known = latest(project, user_id, device_id)
    if known is not None and (known.state != State.DONE or _is_fresh(known, now)):
        return known
    unfinished = ProfileLookUp.objects.filter(project__workspace_id=project.workspace_id)
    if unfinished.exclude(state=State.DONE).count() >= UNFINISHED_LOOK_UPS:
        return None
    made: dict[str, Any] = {"created_at": now}
    if project.region == Region.EU:
        made |= {"state": State.DONE, "verdict": Verdict.NOT_OFFERED, "finished_at": now}
    return ProfileLookUp.objects.create(
        project=project,
        user_id=user_id,
        device_id=device_id,
        asked_hash=_hash(user_id, device_id),
        **made,
    )


def _is_fresh(look_up: ProfileLookUp, now: datetime) -> bool:
    """Of the keys that the project has now."""
    asked = look_up.created_at
    return now - asked < LOOK_UP_FRESH and asked >= look_up.project.changed_at


def _hash(user_id: str, device_id: str) -> str:
    """By which a row is found: an id may be longer than an index takes."""
    asked = f"{user_id}\x1f{device_id}".encode("utf-8", "surrogatepass")
    return hashlib.md5(asked, usedforsecurity=False).hexdigest()


def run(pk: int, clock: Clock) -> bool:
    """Whether this call ran it; another may hold it, or have done it."""
    look_up = _take(pk, clock())
    if look_up is None:
        return False
    _settle(look_up, clock(), _asked(look_up))
    return True


def _asked(look_up: ProfileLookUp) -> dict[str, Any]:
    project = look_up.project
    try:
        secret = credentials.decrypt(project.secret_key)
        found = user_profiles.ask(
            project.region,
            secret,
            user_id=look_up.user_id,
            device_id=look_up.device_id,
            seconds=LOOK_UP_SECONDS,
        )
    except CredentialUnreadable:
        return {"verdict": Verdict.UNREADABLE}
    except NotAnswered as refused:
        named = refused.kind.value
        verdict = Verdict(named) if named in Verdict.values else Verdict.UNEXPECTED
        return {"verdict": verdict, "status": refused.status, "words": refused.words[:400]}
    if found is None:
        return {"verdict": Verdict.UNKNOWN, "status": 400}
    told = {"properties": found.properties, "cohort_ids": found.cohort_ids}
    return {"verdict": Verdict.FOUND, "status": 200, **told}


def forgotten(now: datetime) -> list[int]:
    """Those that wait for a worker and are in nobody's hands."""
    return list(_free(now).order_by("pk").values_list("pk", flat=True))


def give_up(now: datetime) -> int:
    """Those that no worker took in time end."""
    old = _free(now).filter(created_at__lt=now - LOOK_UP_PATIENCE)
    return old.update(state=State.DONE, verdict=Verdict.NOT_RUN, finished_at=now)


def forget_old(now: datetime) -> int:
    """How many went."""
    old = ProfileLookUp.objects.filter(state=State.DONE, created_at__lt=now - LOOK_UP_KEPT)
    return old.delete()[0]


def forget_people(workspace_id: int, identities: Collection[str]) -> None:
    """What was told of people who were deleted goes with them."""
    known = Q(user_id__in=identities) | Q(device_id__in=identities)
    ProfileLookUp.objects.filter(known, project__workspace_id=workspace_id).delete()


def _free(now: datetime) -> QuerySet[ProfileLookUp]:
    """A lease far ahead was written by a clock that has been set back since."""
    over = Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST_LEASE)
    return ProfileLookUp.objects.filter(Q(state=State.QUEUED) | Q(over, state=State.RUNNING))


def _take(pk: int, now: datetime) -> ProfileLookUp | None:
    until = now + timedelta(seconds=LOOK_UP_SECONDS) + LEASE_MARGIN
    if not _free(now).filter(pk=pk).update(state=State.RUNNING, lease_until=until):
        return None
    held = ProfileLookUp.objects.filter(pk=pk, state=State.RUNNING, lease_until=until)
    return held.select_related("project").first()


def _settle(look_up: ProfileLookUp, now: datetime, told: dict[str, Any]) -> None:
    """Only by whoever still holds the lease."""
    held = ProfileLookUp.objects.filter(
        pk=look_up.pk, state=State.RUNNING, lease_until=look_up.lease_until
    )
    held.update(state=State.DONE, finished_at=now, lease_until=None, **told)
