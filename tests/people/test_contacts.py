"""Addresses and numbers that several share find all of them, the most recently updated first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from braze_partners.people import contacts
from braze_partners.people.limits import MAX_SHARING
from braze_partners.people.models import Profile
from braze_partners.people.profiles import NewPerson, create_profiles
from tests.people.factories import ProfileFactory
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)


def test_the_most_recently_updated_comes_first_whatever_the_case() -> None:
    workspace = WorkspaceFactory.create()
    for external_id, email in (("a", "X@y.org"), ("b", "x@y.org"), ("c", "x@y.org"), ("d", "")):
        ProfileFactory.create(
            workspace=workspace, external_id=external_id, email=email, phone="+331", created_at=NOW
        )
    ProfileFactory.create(email="x@y.org", phone="+331")
    Profile.objects.filter(external_id="a").update(updated_at=NOW + timedelta(seconds=1))
    numbers = dict(Profile.objects.filter(workspace=workspace).values_list("external_id", "number"))
    found = contacts.by_email(workspace.pk, ["x@Y.org", "nobody@y.org", "É@y.org"])
    assert found == {"x@y.org": [numbers["a"], numbers["c"], numbers["b"]]}
    assert contacts.by_phone(workspace.pk, ["+331", "+332"])["+331"][0] == numbers["a"]


def test_of_very_many_who_share_one_only_some_are_looked_at() -> None:
    workspace_id = WorkspaceFactory.create().pk
    people = [NewPerson(f"u{n}", fields={"phone": "+331"}) for n in range(MAX_SHARING + 5)]
    made = create_profiles(workspace_id, people, NOW)
    assert contacts.by_phone(workspace_id, ["+331"])["+331"] == made[::-1][:MAX_SHARING]


def test_an_address_is_found_by_its_index() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the planner of PostgreSQL is asked")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for ask, shared, name in (
            (contacts.by_email, "X@y.org", "profile_by_email"),
            (contacts.by_phone, "+331", "profile_by_phone"),
        ):
            with CaptureQueriesContext(connection) as queries:
                ask(1, [shared])
            cursor.execute(f"EXPLAIN {queries[0]['sql']}")
            plan = str(cursor.fetchall())
            assert name in plan and "Filter: (lower" not in plan
