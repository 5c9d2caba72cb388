"""/api/v1/people: looking up, deleting, importing a CSV."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from braze_partners.people import api_bodies, importing, numbers
from braze_partners.people.models import PeopleImport, Profile
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.people.factories import PeopleImportFactory, PeopleImportProblemFactory
from tests.rest.conftest import KeyClient, full, with_key

__all__ = ["full", "with_key"]

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)
PEOPLE, IMPORTS = "/api/v1/people", "/api/v1/people/imports"


@pytest.fixture(autouse=True)
def var(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def send(client: KeyClient, body: bytes, kind: str = "text/csv", **headers: str) -> Any:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return client.generic("POST", f"{IMPORTS}?file_name=crm.csv", body, kind, headers=named)


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", PEOPLE, "people.read"),
        ("GET", f"{PEOPLE}/{'0' * 24}", "people.read"),
        ("DELETE", f"{PEOPLE}/{'0' * 24}", "people.write"),
        ("GET", IMPORTS, "people.read"),
        ("POST", IMPORTS, "people.write"),
        ("GET", f"{IMPORTS}/1", "people.read"),
        ("DELETE", f"{IMPORTS}/1", "people.write"),
        ("GET", f"{IMPORTS}/1/refused", "people.read"),
    ],
)
def test_each_endpoint_wants_its_permission(
    with_key: Callable[..., KeyClient], method: str, path: str, permission: str
) -> None:
    lacking = with_key("segments.list").call(method, path)
    assert lacking.status_code == 403
    assert permission in lacking.json()["detail"]


def test_a_search_is_paged_and_says_by_what_each_was_found(full: KeyClient, cast: Cast) -> None:
    people = [NewPerson(f"u{n}", fields={"email": f"ann{n}@x.org"}) for n in range(3)]
    create_profiles(cast.workspace.pk, people, NOW)
    first = full.get(f"{PEOPLE}?search=ann&page_size=2").json()
    assert [one["match"] for one in first["data"]] == [
        {"by": "email", "text": "ann0@x.org"},
        {"by": "email", "text": "ann1@x.org"},
    ]
    last = full.get(first["next"]).json()
    assert [one["external_id"] for one in last["data"]] == ["u2"] and last["next"] is None
    assert full.get(f"{PEOPLE}?search=ann&by=device").json()["data"] == []
    assert full.get(PEOPLE).json()["data"][0]["match"] is None


@pytest.mark.parametrize("query", ["search=a&by=shoe-size", "search=a&cursor=%3F"])
def test_a_search_that_cannot_be_read_is_refused(full: KeyClient, query: str) -> None:
    answer = full.get(f"{PEOPLE}?{query}")
    assert answer.status_code == 400 and answer.json()["errors"]


def test_people_are_paged_and_found(full: KeyClient, cast: Cast) -> None:
    people = [NewPerson(f"u{n}") for n in range(3)] + [NewPerson(devices=[NewDevice("d1")])]
    create_profiles(cast.workspace.pk, people, NOW)
    first = full.get(f"{PEOPLE}?page_size=3").json()
    last = full.get(first["next"]).json()
    assert [one["identifier"] for one in first["data"]] == ["u0", "u1", "u2"]
    assert [one["identifier"] for one in last["data"]] == ["device:d1"]
    assert last["next"] is None
    found = full.get(f"{PEOPLE}?search=d1").json()["data"]
    assert [one["kind"] for one in found] == ["device"]
    assert full.get(f"{PEOPLE}?search=nobody").json()["data"] == []


def test_a_person_is_read_whole_and_deleted(full: KeyClient, cast: Cast) -> None:
    told = NewPerson(
        "u1",
        aliases=[("crm", "7")],
        devices=[NewDevice("d1", push_enabled=True)],
        fields={"first_name": "Ann"},
        attributes={"age": 31.0, "vip": True},
    )
    create_profiles(cast.workspace.pk, [told], NOW)
    path = f"{PEOPLE}/{Profile.objects.get().braze_id}"
    answer = full.get(path).json()
    assert answer["external_id"] == "u1"
    assert answer["fields"]["first_name"] == "Ann"
    assert answer["aliases"] == [{"alias_label": "crm", "alias_name": "7"}]
    assert answer["devices"] == [{"device_id": "d1", "push_enabled": True}]
    assert answer["attributes"] == {"age": 31.0, "vip": True}

    assert full.call("DELETE", path).status_code == 204
    assert full.get(path).status_code == 404
    assert AuditEntry.objects.filter(action="person.deleted").exists()


def test_a_person_or_import_of_another_workspace_is_not_found(full: KeyClient, cast: Cast) -> None:
    create_profiles(cast.other_workspace.pk, [NewPerson("x")], NOW)
    one = PeopleImportFactory.create(workspace=cast.other_workspace)
    assert full.get(f"{PEOPLE}/{Profile.objects.get().braze_id}").status_code == 404
    assert full.get(f"{PEOPLE}?search=x").json()["data"] == []
    assert full.get(f"{IMPORTS}/{one.pk}").status_code == 404
    assert full.get(f"{IMPORTS}/{one.pk}/refused").status_code == 404
    assert full.call("DELETE", f"{IMPORTS}/{one.pk}").status_code == 404


@pytest.mark.parametrize("kind", ["text/csv", "application/gzip"])
def test_a_csv_is_taken_and_imported(
    full: KeyClient, cast: Cast, eager_tasks: None, kind: str
) -> None:
    raw = b"external_id,email\nu1,a@x.org\nu2,nobody\n"
    answer = send(full, gzip.compress(raw) if kind != "text/csv" else raw, kind)
    assert answer.status_code == 201
    done = full.get(f"{IMPORTS}/{answer.json()['id']}").json()
    assert (done["state"], done["file_name"]) == ("completed", "crm.csv")
    assert (done["rows"], done["created"], done["refused"]) == (2, 1, 1)
    refused = full.get(f"{IMPORTS}/{done['id']}/refused").json()["data"]
    assert [(one["line"], one["column"]) for one in refused] == [(3, "email")]
    assert numbers.universe(cast.workspace.pk).size == 1


def test_the_same_call_twice_imports_once(full: KeyClient) -> None:
    raw = b"external_id\nu1\n"
    first = send(full, raw, Idempotency_Key="a").json()
    again = send(full, raw, Idempotency_Key="a")
    other = send(full, b"external_id\nu2\n", Idempotency_Key="a")
    assert again.json()["id"] == first["id"]
    assert other.status_code == 422
    assert PeopleImport.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "kind", "status", "sentence"),
    [
        (b"name\nAnn\n", "text/csv", 400, "external_id"),
        (b"no gzip", "application/gzip", 400, "gzip"),
        (b"", "text/csv", 400, "must be a CSV file"),
        (b"{}", "application/json", 415, "application/json"),
    ],
)
def test_a_body_that_cannot_be_used_says_why_and_leaves_nothing(
    full: KeyClient, body: bytes, kind: str, status: int, sentence: str
) -> None:
    answer = send(full, body, kind)
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]
    assert not PeopleImport.objects.exists()
    assert not any(importing.uploads_folder().iterdir())


def test_a_body_beyond_the_limit_is_413_and_leaves_nothing(
    full: KeyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_bodies, "MAX_UPLOAD_BYTES", 10)
    assert send(full, b"external_id\nu1\n").status_code == 413
    assert not any(importing.uploads_folder().iterdir())


def test_an_import_is_cancelled_once(full: KeyClient, cast: Cast) -> None:
    one = PeopleImportFactory.create(workspace=cast.workspace, state="queued")
    PeopleImportProblemFactory.create(people_import=one)
    assert full.call("DELETE", f"{IMPORTS}/{one.pk}").status_code == 204
    assert full.call("DELETE", f"{IMPORTS}/{one.pk}").status_code == 409
