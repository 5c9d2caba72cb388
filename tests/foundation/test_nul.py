"""A NUL character in an address is refused at the door: PostgreSQL holds none in a text."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import Cast
from tests.rest.conftest import KeyClient, full

__all__ = ["full"]

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/import-runs?cohort_id=%00",
        "/api/v1/import-runs?a%00b=1",
        "/api/v1/people?search=a%00",
        "/api/v1/people/%00",
        "/segments/details?segment_id=%00",
        "/segments/list%00",
        "/partners/amp%00litude/cohorts",
        "/users/track?x=%00",
    ],
)
def test_a_nul_character_in_a_machines_address_is_a_400_that_says_so(
    full: KeyClient, path: str
) -> None:
    response = full.call("GET", path)
    assert response.status_code == 400
    assert "json" in response["Content-Type"]
    assert "NUL" in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/w/lumen/people/?q=%00",
        "/w/lumen/cohorts/?search=%00",
        "/w/lumen/segments/?q=a%00&tag=%00",
        "/w/lumen/partners/%00/",
        "/sign-in?next=%00",
        "/static/%00.css",
    ],
)
def test_a_nul_character_in_a_pages_address_is_a_400_page(cast: Cast, path: str) -> None:
    response = cast.client(cast.alice).get(path, headers={"Accept-Language": "fr"})
    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/html")
    assert "NUL" in response.content.decode()


@pytest.mark.parametrize("name", ["sessionid", "django_language"])
def test_a_nul_character_in_a_cookie_is_refused_as_well(name: str) -> None:
    cookie = f'{name}="aaaaaaaaaaaaaaaa\\000"'
    assert Client().get("/w/lumen/", headers={"Cookie": cookie}).status_code == 400


def test_a_percent_sign_followed_by_zeros_is_a_text_like_any_other(full: KeyClient) -> None:
    assert full.call("GET", "/api/v1/people?search=100%2500").status_code == 200
