"""User search, one person's page, the import screen."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from braze_partners.people import import_views, importing, numbers
from braze_partners.people.models import PeopleImport
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.people.factories import PeopleImportFactory, PeopleImportProblemFactory, ProfileFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)
PEOPLE = "/w/lumen/people/"


@pytest.fixture(autouse=True)
def var(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def person(cast: Cast, **told: Any) -> int:
    return create_profiles(cast.workspace.pk, [NewPerson(**told)], NOW)[0]


def page(cast: Cast, path: str) -> str:
    answer = cast.client(cast.charlie).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_workspace_says_how_people_come_in(cast: Cast) -> None:
    assert "Nobody is in this workspace yet" in page(cast, PEOPLE)
    marketer = cast.client(cast.bob).get(PEOPLE).content.decode()
    assert "Import people" in marketer
    assert "Import people" not in page(cast, PEOPLE)


@pytest.mark.parametrize(
    "text",
    ["u1", "crm:77", "alias:crm:77", "d1", "device:d1", "ann@X.org"],
)
def test_a_person_is_found_by_each_identity(cast: Cast, text: str) -> None:
    person(cast, external_id="other")
    person(
        cast,
        external_id="u1",
        aliases=[("crm", "77")],
        devices=[NewDevice("d1")],
        fields={"email": "Ann@x.org"},
    )
    found = page(cast, f"{PEOPLE}?q={text}")
    assert f'href="{PEOPLE}1/"' in found
    assert f'href="{PEOPLE}0/"' not in found


def test_a_braze_id_finds_its_person_and_an_unknown_text_nobody(cast: Cast) -> None:
    profile = ProfileFactory.create(workspace=cast.workspace)
    assert f'href="{PEOPLE}{profile.number}/"' in page(cast, f"{PEOPLE}?q={profile.braze_id}")
    assert "Nobody is known by that" in page(cast, f"{PEOPLE}?q=nobody")


def test_a_beginning_is_paged_and_says_by_what_people_were_found(cast: Cast) -> None:
    people = [NewPerson(f"u{n:03}", fields={"email": f"ann{n}@x.org"}) for n in range(60)]
    create_profiles(cast.workspace.pk, people, NOW)
    client = cast.client(cast.charlie)
    first = client.get(f"{PEOPLE}?q=u0&by=external_id").content.decode()
    assert "50 people on this page" in first and ">u049<" in first and ">u050<" not in first
    following = html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])  # type: ignore[index]
    last = client.get(f"{PEOPLE}{following}").content.decode()
    assert "10 people on this page" in last and ">u059<" in last
    assert "First page" in last and "Next page" not in last
    by_email = page(cast, f"{PEOPLE}?q=ANN59")
    assert "1 person found" in by_email
    assert re.search(r"E-mail\s+<bdi[^>]*>ann59@x.org</bdi>", by_email)
    assert "Nobody is known by that" in page(cast, f"{PEOPLE}?q=ann59&by=device")


def test_a_made_up_cursor_or_kind_leads_to_the_first_page(cast: Cast) -> None:
    person(cast, external_id="u1")
    assert ">u1<" in page(cast, f"{PEOPLE}?q=u&cursor=nonsense&by=shoe-size")


def test_a_search_costs_the_same_queries_however_many_are_found(cast: Cast) -> None:
    client = cast.client(cast.charlie)
    create_profiles(cast.workspace.pk, [NewPerson(f"u{n}") for n in range(45)], NOW)
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{PEOPLE}?q=u")
    assert len(queries) <= 12


def test_people_are_paged_by_number(cast: Cast) -> None:
    create_profiles(cast.workspace.pk, [NewPerson(f"u{n}") for n in range(120)], NOW)
    first, last = page(cast, PEOPLE), page(cast, f"{PEOPLE}?after=99")
    assert "120 live profiles" in first
    assert "?after=49" in first
    assert ">u100<" in last
    assert "Next page" not in last
    assert "There is nobody behind this page" in page(cast, f"{PEOPLE}?after=500")


def test_the_list_costs_the_same_queries_however_many_people(cast: Cast) -> None:
    client = cast.client(cast.charlie)
    counts = []
    for count in (2, 45):
        people = [NewPerson(devices=[NewDevice(f"{count}-{n}")]) for n in range(count)]
        create_profiles(cast.workspace.pk, people, NOW)
        with CaptureQueriesContext(connection) as queries:
            client.get(PEOPLE)
        counts.append(len(queries))
    assert counts[1] <= counts[0] <= 15


def test_a_persons_page_shows_identities_fields_and_attributes(cast: Cast) -> None:
    number = person(
        cast,
        aliases=[("crm", "<b>77")],
        devices=[NewDevice("d1", push_enabled=True)],
        fields={"first_name": "Ann", "email": "ann@x.org"},
        attributes={"plan": "gold", "age": 31.0, "vip": True, "since": NOW},
    )
    shown = page(cast, f"{PEOPLE}{number}/")
    for text in ("&lt;b&gt;77", "d1", "push enabled", "ann@x.org", "gold", ">31<", "true"):
        assert text in shown
    assert "Delete" not in shown


def test_an_array_and_an_object_are_shown_as_json_and_folded_when_long(cast: Cast) -> None:
    number = person(
        cast,
        fields={"first_session_at": NOW, "last_session_at": NOW},
        attributes={"tags": ["<i>", 1], "sizes": list(range(60)), "home": {"city": "Lyon" * 30}},
    )
    shown = page(cast, f"{PEOPLE}{number}/")
    assert "[&quot;&lt;i&gt;&quot;, 1]" in shown
    assert "60 elements" in shown and "1 key<" in shown
    assert "First session" in shown and "Last session" in shown


def test_a_person_of_another_workspace_is_not_found(cast: Cast) -> None:
    number = create_profiles(cast.other_workspace.pk, [NewPerson("x"), NewPerson("y")], NOW)[1]
    assert cast.client(cast.alice).get(f"{PEOPLE}{number}/").status_code == 404
    assert cast.client(cast.alice).post(f"{PEOPLE}{number}/delete/").status_code == 404
    assert cast.client(cast.mallory).get(f"{PEOPLE}{number}/").status_code == 404


def test_only_an_admin_deletes_a_person_and_the_log_keeps_no_identifier(cast: Cast) -> None:
    number = person(cast, external_id="forget-me")
    url = f"{PEOPLE}{number}/delete/"
    assert cast.client(cast.bob).post(url).status_code == 403
    assert cast.client(cast.alice).post(url).status_code == 302
    assert numbers.universe(cast.workspace.pk).size == 0
    entry = AuditEntry.objects.get(action="person.deleted")
    assert "forget-me" not in f"{entry.target}{entry.detail}"


def send(cast: Cast, content: bytes, name: str = "people.csv") -> HttpResponse:
    upload = SimpleUploadedFile(name, content, "text/csv")
    answer: Any = cast.client(cast.bob).post(f"{PEOPLE}import/", {"file": upload})
    return answer


def test_a_file_is_uploaded_previewed_started_and_summed_up(
    cast: Cast, eager_tasks: None, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    answer = send(cast, b"external_id,email,age\nu1,a@x.org,31\nu2,nobody,5\n")
    one = PeopleImport.objects.get()
    assert answer["Location"] == f"{PEOPLE}import/{one.pk}/"
    client = cast.client(cast.bob)
    preview = client.get(answer["Location"]).content.decode()
    assert "1 of the first 2 lines would be refused" in preview
    assert "profile field" in preview
    assert numbers.universe(cast.workspace.pk).size == 0

    client.post(f"{PEOPLE}import/{one.pk}/start/")
    done = client.get(answer["Location"]).content.decode()
    assert "Completed, lines refused" in done
    assert "data-poll" not in done
    assert numbers.universe(cast.workspace.pk).size == 1
    assert AuditEntry.objects.filter(action="people_import.started").exists()


def test_a_running_import_is_polled_and_can_be_cancelled(cast: Cast) -> None:
    send(cast, b"external_id\nu1\n")
    one = PeopleImport.objects.get()
    client = cast.client(cast.bob)
    client.post(f"{PEOPLE}import/{one.pk}/start/")
    assert 'data-poll="2000"' in client.get(f"{PEOPLE}import/{one.pk}/progress/").content.decode()
    client.post(f"{PEOPLE}import/{one.pk}/cancel/")
    assert "was cancelled" in client.get(f"{PEOPLE}import/{one.pk}/").content.decode()
    assert not any(importing.uploads_folder().iterdir())


@pytest.mark.parametrize(
    ("content", "name", "status", "sentence"),
    [
        (b"external_id\n", "people.xlsx", 422, "ends in .csv or .csv.gz"),
        (b"", "people.csv", 422, "empty"),
    ],
)
def test_a_file_of_another_kind_is_refused_at_once(
    cast: Cast, content: bytes, name: str, status: int, sentence: str
) -> None:
    answer = send(cast, content, name)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert not any(importing.uploads_folder().iterdir())


def test_a_file_that_cannot_be_used_says_so_in_the_preview(cast: Cast) -> None:
    answer = send(cast, b"name,plan\nAnn,gold\n")
    shown = cast.client(cast.bob).get(answer["Location"]).content.decode()
    assert "be imported" in shown
    assert "Start import" not in shown


def test_a_file_beyond_the_limit_is_413(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_views, "MAX_UPLOAD_BYTES", 100)
    answer = send(cast, b"external_id\n" + b"u1\n" * 100)
    assert answer.status_code == 413
    assert "larger than 2 GB" in answer.content.decode()


def test_the_upload_is_protected_against_forgery(cast: Cast) -> None:
    client = cast.client(cast.bob)
    client.handler.enforce_csrf_checks = True
    upload = SimpleUploadedFile("people.csv", b"external_id\n", "text/csv")
    assert client.post(f"{PEOPLE}import/", {"file": upload}).status_code == 403
    assert not PeopleImport.objects.exists()


def test_refused_lines_are_downloaded_safe_against_formulas(cast: Cast) -> None:
    one = PeopleImportFactory.create(workspace=cast.workspace, state="completed")
    PeopleImportProblemFactory.create(people_import=one, line=7, column="=cmd()", text="-1")
    url = f"{PEOPLE}import/{one.pk}/refused.csv"
    assert cast.client(cast.charlie).get(url).status_code == 403
    answer: Any = cast.client(cast.bob).get(url)
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines == ["line,column,reason", "7,'=cmd(),'-1"]


def test_an_import_of_another_workspace_is_not_found(cast: Cast) -> None:
    one = PeopleImportFactory.create(workspace=cast.other_workspace)
    for end in ("", "progress/", "refused.csv"):
        url = f"{PEOPLE}import/{one.pk}/{end}"
        assert cast.client(cast.alice).get(url).status_code == 404
    for end in ("start/", "cancel/"):
        assert cast.client(cast.alice).post(f"{PEOPLE}import/{one.pk}/{end}").status_code == 404
