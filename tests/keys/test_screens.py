"""The page of REST API keys."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from braze_partners.keys import permissions, secrets
from braze_partners.keys.models import RestApiKey
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory

pytestmark = pytest.mark.django_db
PAGE = "/w/lumen/settings/keys/"


def test_only_an_admin_sees_the_page(cast: Cast) -> None:
    assert cast.client(cast.alice).get(PAGE).status_code == 200
    assert cast.client(cast.bob).get(PAGE).status_code == 403
    assert cast.client(cast.charlie).get(PAGE).status_code == 403
    assert cast.client(cast.mallory).get(PAGE).status_code == 404


def test_a_generated_key_is_shown_once(cast: Cast) -> None:
    client = cast.client(cast.alice)
    form = {"label": "Reports", "permissions": ["segments.list", "audit.read"], "token": "t1"}
    made = client.post(PAGE, form)
    found = re.search(r"brk_\w{43}", made.content.decode())

    assert found and made.headers["Cache-Control"].count("no-store")
    key = RestApiKey.objects.get()
    assert bytes(key.digest) == secrets.digest(found[0])
    assert (key.permissions, key.label) == (["segments.list", "audit.read"], "Reports")
    assert found[0] not in client.get(PAGE).content.decode()


def test_the_same_form_sent_again_makes_no_second_key(cast: Cast) -> None:
    client = cast.client(cast.alice)
    form = {"permissions": ["segments.list"], "token": "t1"}
    client.post(PAGE, form)
    again = client.post(PAGE, form, follow=True)

    assert "generated already" in again.content.decode()
    assert RestApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose at least one permission."),
        ({"permissions": ["everything"]}, "everything is not one of the available choices"),
        ({"permissions": ["audit.read"], "label": "x" * 81}, "at most 80 characters"),
    ],
)
def test_it_says_what_is_wrong_with_a_form(
    cast: Cast, form: dict[str, list[str]], said: str
) -> None:
    response = cast.client(cast.alice).post(PAGE, form)

    assert said in response.content.decode()
    assert not RestApiKey.objects.exists()


def test_a_key_is_invalidated_by_an_admin_of_its_workspace_only(cast: Cast) -> None:
    key = RestApiKeyFactory.create(workspace=cast.workspace)
    theirs = RestApiKeyFactory.create(workspace=cast.other_workspace)
    alice = cast.client(cast.alice)

    assert cast.client(cast.bob).post(f"{PAGE}{key.pk}/invalidate/").status_code == 403
    assert alice.post(f"{PAGE}{theirs.pk}/invalidate/").status_code == 404
    assert alice.get(f"{PAGE}{key.pk}/invalidate/").status_code == 302
    key.refresh_from_db()
    assert key.invalidated_at is None

    page = alice.post(f"{PAGE}{key.pk}/invalidate/", follow=True).content.decode()
    key.refresh_from_db()
    assert key.invalidated_by == cast.alice
    assert f"{key.masked} is invalidated" in page
    assert f'data-dialog-open="invalidate-{key.pk}"' not in page


def test_the_queries_do_not_grow_with_the_keys(cast: Cast) -> None:
    client = cast.client(cast.alice)
    counts = []
    for more in (3, 27):
        for _ in range(more):
            RestApiKeyFactory.create(workspace=cast.workspace, created_by=cast.alice)
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 15


def test_the_table_of_permissions_has_each_name_once() -> None:
    names = [permission.name for permission in permissions.PERMISSIONS]

    assert len(names) == len(set(names))
    assert [group.name for group in permissions.groups()].count("Keys") == 1
    assert permissions.unknown(["audit.read", "nothing"]) == ["nothing"]


def test_a_key_is_bound_to_the_addresses_that_were_typed(cast: Cast) -> None:
    form = {"permissions": ["audit.read"], "addresses": "10.0.0.0/8\n2001:db8::1"}
    page = cast.client(cast.alice).post(PAGE, form).content.decode()

    assert RestApiKey.objects.get().allowed_addresses == ["10.0.0.0/8", "2001:db8::1"]
    assert "2001:db8::1" in page


def test_it_says_what_is_wrong_with_an_address(cast: Cast) -> None:
    form = {"permissions": ["audit.read"], "addresses": "10.0.0.1/8"}
    page = cast.client(cast.alice).post(PAGE, form).content.decode()

    assert "10.0.0.0/8 is the whole network" in page
    assert not RestApiKey.objects.exists()


def test_a_rotated_keys_successor_is_shown_once_and_the_old_one_can_be_ended(cast: Cast) -> None:
    key = RestApiKeyFactory.create(workspace=cast.workspace, label="Reports")
    client = cast.client(cast.alice)
    form = {"grace": "3600", "token": "t1"}
    page = client.post(f"{PAGE}{key.pk}/rotate/", form)
    text = page.content.decode()

    assert len(re.findall(r"brk_\w{43}", text)) == 1
    assert page.headers["Cache-Control"].count("no-store")
    assert f"It replaces {key.masked}, which stays valid until" in text
    assert "Ends in" in text and "has not been used yet" in text
    again = client.post(f"{PAGE}{key.pk}/rotate/", form, follow=True).content.decode()
    assert "generated already" in again and not re.findall(r"brk_\w{43}", again)
    twice = client.post(f"{PAGE}{key.pk}/rotate/", {"grace": "0"}, follow=True).content.decode()
    assert "was rotated or invalidated before" in twice
    assert f"End {key.masked} now?" in twice
    client.post(f"{PAGE}{key.pk}/invalidate/")
    key.refresh_from_db()
    assert key.invalidated_at is not None


@pytest.mark.parametrize("grace", ["", "60", "-1", "x"])
def test_only_the_offered_graces_are_taken(cast: Cast, grace: str) -> None:
    key = RestApiKeyFactory.create(workspace=cast.workspace)
    cast.client(cast.alice).post(f"{PAGE}{key.pk}/rotate/", {"grace": grace})

    assert RestApiKey.objects.count() == 1
