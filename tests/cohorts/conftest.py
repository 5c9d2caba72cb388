"""A partner with its key, and people it may name."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from braze_partners.workspaces.models import Workspace
from cohorts import membership, remembered
from cohorts.models import Cohort, ImportRun
from tests.keys.factories import DataImportKeyFactory
from tests.workspaces.factories import WorkspaceFactory

SECRET = "bpi_" + "s" * 43
NOW = datetime(2026, 5, 11, 3, 18, tzinfo=UTC)
ANONYMOUS = 3


@pytest.fixture(autouse=True)
def nothing_remembered() -> Generator[None, None, None]:
    """Rolled-back tests use ids again, which production never does."""
    remembered.memberships.clear()
    remembered.keys.clear()
    yield
    remembered.memberships.clear()
    remembered.keys.clear()


@dataclass(slots=True)
class Partner:
    """Amplitude with a valid key of a workspace with people u0 … u19 (each with alias `crm:aN`
    and device `dN`), of whom nobody is anonymous, and three anonymous ones with devices x0 … x2."""

    workspace: Workspace
    numbers: list[int]
    anonymous: list[int]
    client: Client

    def post(self, path: str, body: Any, partner: str = "amplitude", **extra: Any) -> Any:
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.client.post(
            f"/partners/{partner}/{path}", data, content_type="application/json", **extra
        )

    def users(self, changes: Any, cohort_id: Any = "abcd1234", **other: Any) -> Any:
        body = {
            "partner_api_key": "partner",
            "client_secret": SECRET,
            "cohort_id": cohort_id,
            "cohort_changes": changes,
        }
        return self.post("cohorts/users", body | other)

    def name(self, **other: Any) -> Any:
        body = {
            "partner_api_key": "partner",
            "client_secret": SECRET,
            "cohort_id": "abcd1234",
            "name": "TEST_COHORT",
            "created_at": "2021-01-21T19:20:30+05:00",
        }
        return self.post("cohorts", body | other)

    def cohort(self, cohort_id: str = "abcd1234") -> Cohort:
        return Cohort.objects.get(workspace=self.workspace, cohort_id=cohort_id)

    def members(self, cohort_id: str = "abcd1234") -> set[int]:
        found = membership.members(self.cohort(cohort_id).pk)
        return {number for bits in found.blocks.values() for number in bits}

    def last_run(self) -> ImportRun:
        return ImportRun.objects.filter(workspace=self.workspace).latest("id")

    def last_run_id(self) -> int:
        found = ImportRun.objects.filter(workspace=self.workspace).order_by("-id")
        return found.values_list("pk", flat=True).first() or 0


def make_partner(slug: str = "lumen") -> Partner:
    workspace = WorkspaceFactory.create(slug=slug)
    DataImportKeyFactory.create(workspace=workspace, secret=SECRET)
    people = [
        NewPerson(external_id=f"u{n}", aliases=[("crm", f"a{n}")], devices=[NewDevice(f"d{n}")])
        for n in range(20)
    ]
    nameless = [NewPerson(devices=[NewDevice(f"x{n}")]) for n in range(ANONYMOUS)]
    numbers = create_profiles(workspace.pk, people + nameless, NOW)
    return Partner(workspace, numbers[:20], numbers[20:], Client())


@pytest.fixture
def amplitude(db: None) -> Partner:
    return make_partner()
