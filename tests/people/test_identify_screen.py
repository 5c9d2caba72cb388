"""The page's *Identify*: for whom it stands there, what it does and what it says to a mistake."""

from __future__ import annotations

import html
from typing import Any

import pytest

from braze_partners.people.models import Profile
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.people.factories import AliasFactory, ProfileFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def nameless(cast: Cast) -> Profile:
    profile = ProfileFactory.create(workspace=cast.workspace, external_id=None, country="FR")
    AliasFactory.create(profile=profile)
    return profile


def url(person: Profile, act: str = "") -> str:
    return f"/w/lumen/people/{person.number}/{act}"


def identify(cast: Cast, person: Profile, external_id: str) -> Any:
    return cast.client(cast.alice).post(url(person, "identify/"), {"external_id": external_id})


def test_it_stands_on_the_page_of_somebody_without_an_external_id(cast: Cast) -> None:
    known, unknown = ProfileFactory.create(workspace=cast.workspace), nameless(cast)
    admin = cast.client(cast.alice)
    assert "person-identify" in admin.get(url(unknown)).content.decode()
    assert "person-identify" not in admin.get(url(known)).content.decode()
    assert "person-identify" not in cast.client(cast.bob).get(url(unknown)).content.decode()


def test_the_person_gets_the_external_id(cast: Cast) -> None:
    person = nameless(cast)
    assert identify(cast, person, " ada ").url == url(person)
    person.refresh_from_db()
    assert person.external_id == "ada"
    entry = AuditEntry.objects.get(action="person.identified")
    assert (entry.actor, entry.target) == (cast.alice, f"number {person.number}")


def test_two_become_one_whose_page_is_shown(cast: Cast) -> None:
    person, ada = nameless(cast), ProfileFactory.create(workspace=cast.workspace)
    assert identify(cast, person, str(ada.external_id)).url == url(ada)
    ada.refresh_from_db()
    assert ada.country == "FR" and Profile.objects.count() == 1
    assert AuditEntry.objects.get(action="person.merged").actor == cast.alice


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("", "Enter the external ID."),
        ("x" * 998, "An external id has at most 997 bytes; this one has 998."),
    ],
)
def test_a_mistake_is_told_beside_the_field(cast: Cast, told: str, sentence: str) -> None:
    person = nameless(cast)
    answer = identify(cast, person, told)
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 200 and sentence in text and "data-dialog-shown" in text
    person.refresh_from_db()
    assert person.external_id is None


def test_somebody_with_another_id_is_told_so(cast: Cast) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    answer = identify(cast, ada, "other")
    text = html.unescape(answer.content.decode())
    assert "This person has the external id “ada” already." in text
    ada.refresh_from_db()
    assert ada.external_id == "ada"


def test_a_marketer_identifies_nobody(cast: Cast) -> None:
    person = nameless(cast)
    answer = cast.client(cast.bob).post(url(person, "identify/"), {"external_id": "x"})
    assert answer.status_code == 403
