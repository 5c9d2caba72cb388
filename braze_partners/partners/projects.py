"""Amplitude projects: created, renamed, given other keys, deleted, each with who did it. Knows the
rows and the audit log; the keys leave only by `access_of`, for who calls Amplitude.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, ProtectedError, QuerySet
from django.utils.translation import gettext as _

from braze_partners.keys import credentials
from braze_partners.keys.pasting import strangers, without_hidden
from braze_partners.partners.amplitude.behavioral_cohorts import Access
from braze_partners.partners.amplitude.hosts import Region, regions
from braze_partners.partners.amplitude.project import project_of
from braze_partners.partners.errors import ProjectInUse, ProjectRefused
from braze_partners.partners.limits import MAX_KEY, MAX_PROJECT_NAME, MIN_KEY
from braze_partners.partners.models import AmplitudeProject
from braze_partners.workspaces.audit import Actor, record_by
from braze_partners.workspaces.models import Workspace

# Strange characters that a sentence quotes.
QUOTED = 3
NEVER_CHECKED: dict[str, Any] = {"checked_at": None, "check_verdict": "", "cohorts_seen": None}


@dataclass(frozen=True, slots=True)
class Wanted:
    """As it was typed."""

    name: str = ""
    region: str = Region.US
    api_key: str = ""
    secret_key: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """A project that was written, and how many hidden characters its pasted keys had."""

    project: AmplitudeProject
    removed: int = 0


def projects_of(workspace: Workspace) -> QuerySet[AmplitudeProject]:
    """By name."""
    found = AmplitudeProject.objects.filter(workspace=workspace)
    return found.select_related("workspace", "created_by").order_by("name", "pk")


def with_uses(workspace: Workspace) -> QuerySet[AmplitudeProject]:
    """Each with `uses`: how many cohorts are pulled from it."""
    return projects_of(workspace).annotate(uses=Count("pull_schedules"))


def uses_of(project: AmplitudeProject) -> list[Any]:
    """The pull schedules that read from it, by cohort; they are another room's rows."""
    found = project.pull_schedules.select_related("cohort")
    return list(found.order_by("cohort__name", "pk"))


def access_of(project: AmplitudeProject) -> Access:
    """The two keys in the clear: for a call, never to be kept. Raises CredentialUnreadable."""
    return Access(
        project.region,
        credentials.decrypt(project.api_key),
        credentials.decrypt(project.secret_key),
    )


def create(workspace: Workspace, wanted: Wanted, actor: Actor, now: datetime) -> Stored:
    """Raises ProjectRefused."""
    name, tidy, removed = _checked(wanted)
    with _once(workspace, name), transaction.atomic():
        project = AmplitudeProject.objects.create(
            workspace=workspace,
            name=name,
            created_by=actor.account,
            created_at=now,
            changed_at=now,
            **_columns(tidy),
        )
        _record(project, actor, "amplitude_project.created", {"region": project.region})
    return Stored(project, removed)


def rename(project: AmplitudeProject, name: str, actor: Actor, now: datetime) -> None:
    """Raises ProjectRefused."""
    tidy = _one_line(name)
    if problem := _name_problem(tidy):
        raise ProjectRefused({"name": problem})
    before = project.name
    if tidy == before:
        return
    with _once(project.workspace, tidy), transaction.atomic():
        _write(project, now, {"name": tidy})
        _record(project, actor, "amplitude_project.renamed", {"before": before})


def change_keys(project: AmplitudeProject, wanted: Wanted, actor: Actor, now: datetime) -> Stored:
    """Both keys at once, since a check speaks of both; `wanted.name` is not looked at. Raises
    ProjectRefused."""
    tidy, removed, problems = _tidy_keys(wanted, project.region)
    if problems:
        raise ProjectRefused(problems)
    with _once(project.workspace, ""), transaction.atomic():
        _write(project, now, _columns(tidy) | NEVER_CHECKED)
        detail = {"region": project.region, "key": project.api_key_hint}
        _record(project, actor, "amplitude_project.keys_changed", detail)
    return Stored(project, removed)


def delete(project: AmplitudeProject, actor: Actor) -> None:
    """Raises ProjectInUse while anything reads from it."""
    try:
        with transaction.atomic():
            _record(project, actor, "amplitude_project.deleted", {})
            project.delete()
    except ProtectedError as error:
        raise ProjectInUse from error


@contextmanager
def _once(workspace: Workspace, name: str) -> Iterator[None]:
    """A second row of the same name or the same keys is a refusal."""
    try:
        yield
    except IntegrityError as error:
        rows = AmplitudeProject.objects.filter(workspace=workspace)
        if rows.filter(name=name).exists():
            taken = _("Another project has this name. Enter a different one.")
            raise ProjectRefused({"name": taken}) from error
        known = _("This API key is already in use by another project of this workspace.")
        raise ProjectRefused({"api_key": known}) from error


def _checked(wanted: Wanted) -> tuple[str, Access, int]:
    name = _one_line(wanted.name)
    tidy, removed, problems = _tidy_keys(wanted)
    if problem := _name_problem(name):
        problems = {"name": problem, **problems}
    if problems:
        raise ProjectRefused(problems)
    return name, tidy, removed


def _tidy_keys(wanted: Wanted, stored_region: str = "") -> tuple[Access, int, dict[str, str]]:
    api_key, secret = without_hidden(wanted.api_key), without_hidden(wanted.secret_key)
    tidy = Access(wanted.region, api_key.text, secret.text)
    problems = dict(_key_problems(tidy, stored_region))
    return tidy, api_key.removed + secret.removed, problems


def _key_problems(tidy: Access, stored_region: str) -> Iterator[tuple[str, str]]:
    if tidy.region not in regions(stored_region):
        if tidy.region == Region.SANDBOX:
            yield "region", _("The sandbox is not enabled here. Choose another region.")
        else:
            offered = ", ".join(regions())
            yield "region", _("Choose a region: %(regions)s.") % {"regions": offered}
    if not tidy.api_key:
        yield "api_key", _("Enter the API key of the Amplitude project.")
    elif problem := _key_problem(tidy.api_key):
        yield "api_key", problem
    if not tidy.secret_key:
        yield "secret_key", _("Enter the secret key of the Amplitude project.")
    elif problem := _key_problem(tidy.secret_key):
        yield "secret_key", problem
    elif tidy.secret_key == tidy.api_key:
        yield "secret_key", _("This is the API key again. Copy the secret key below it.")


def _key_problem(key: str) -> str:
    """A colon ends the first half of what HTTP Basic sends, so no key can have one."""
    if strange := strangers(key) or [c for c in key if c == ":"][:1]:
        return _("No key has %(characters)s in it. Copy it again from Amplitude.") % {
            "characters": " ".join(strange[:QUOTED])
        }
    if not MIN_KEY <= len(key) <= MAX_KEY:
        return _("A key has %(least)s to %(most)s characters. Copy the key and nothing else.") % {
            "least": MIN_KEY,
            "most": MAX_KEY,
        }
    return ""


def _name_problem(name: str) -> str:
    if not name:
        return _("Enter a name for the project.")
    if len(name) > MAX_PROJECT_NAME:
        return _("Enter a name of at most %(most)s characters.") % {"most": MAX_PROJECT_NAME}
    return ""


def _one_line(text: str) -> str:
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    return " ".join(kept.split())


def _columns(tidy: Access) -> dict[str, Any]:
    return {
        "region": tidy.region,
        "api_key": credentials.encrypt(tidy.api_key),
        "secret_key": credentials.encrypt(tidy.secret_key),
        "api_key_hint": credentials.hint(tidy.api_key),
        "secret_key_hint": credentials.hint(tidy.secret_key),
        "fingerprint": project_of(tidy.region, tidy.api_key),
    }


def _write(project: AmplitudeProject, now: datetime, columns: dict[str, Any]) -> None:
    """The row first, so that an object whose row was refused still says what is stored."""
    columns = columns | {"changed_at": now}
    AmplitudeProject.objects.filter(pk=project.pk).update(**columns)
    for column, value in columns.items():
        setattr(project, column, value)


def _record(project: AmplitudeProject, actor: Actor, action: str, detail: dict[str, Any]) -> None:
    detail = {"project": project.pk, **detail}
    record_by(actor, project.workspace, action, project.name, detail)
