"""What people type of an Amplitude project; what may be stored is projects.py's to say.

A key that was typed but not stored travels on in the form encrypted (keys/carrying.py), so that it
need not be pasted again after an error elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from braze_partners.keys import credentials
from braze_partners.keys.carrying import kept, opened
from braze_partners.keys.pasting import without_hidden
from braze_partners.partners.amplitude.hosts import Region, regions
from braze_partners.partners.models import AmplitudeProject
from braze_partners.partners.projects import Wanted


@dataclass(frozen=True, slots=True)
class KeyField:
    """`hint` is of what is stored or carried on; `carried` stands in a hidden input."""

    name: str
    hint: str = ""
    carried: str = ""


@dataclass(frozen=True, slots=True)
class ProjectForm:
    """What the page of a project shows in its fields; `removed` counts hidden characters."""

    name: str
    region: str
    regions: list[Region]
    api_key: KeyField
    secret_key: KeyField
    removed: int = 0
    errors: Mapping[str, str] = field(default_factory=dict)


def read(workspace_id: int, data: QueryDict) -> Wanted:
    return Wanted(
        name=data.get("name", ""),
        region=data.get("region", ""),
        api_key=_key(workspace_id, data, "api_key"),
        secret_key=_key(workspace_id, data, "secret_key"),
    )


def empty() -> ProjectForm:
    return ProjectForm("", Region.US, regions(), KeyField("api_key"), KeyField("secret_key"))


def of_project(project: AmplitudeProject) -> ProjectForm:
    return ProjectForm(
        project.name,
        project.region,
        regions(project.region),
        KeyField("api_key", project.api_key_hint),
        KeyField("secret_key", project.secret_key_hint),
    )


def refused(workspace_id: int, wanted: Wanted, errors: Mapping[str, str]) -> ProjectForm:
    """A key that is itself refused is to be pasted again."""
    typed = {"api_key": wanted.api_key, "secret_key": wanted.secret_key}
    shown = [
        KeyField(name) if name in errors else _carried(workspace_id, name, key)
        for name, key in typed.items()
    ]
    removed = sum(without_hidden(key).removed for key in typed.values())
    known = wanted.region if wanted.region in Region.values else Region.US
    return ProjectForm(wanted.name, known, regions(), shown[0], shown[1], removed, errors)


def _carried(workspace_id: int, name: str, key: str) -> KeyField:
    tidy = without_hidden(key).text
    return KeyField(name, credentials.hint(tidy), kept(workspace_id, tidy))


def _key(workspace_id: int, data: QueryDict, name: str) -> str:
    return data.get(name, "") or opened(workspace_id, data.get(f"kept_{name}", ""))
