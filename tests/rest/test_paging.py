"""Pages are stable, their links lead on, and what is wrong with them is named."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from braze_partners.rest.paging import encode_cursor
from tests.cast import Cast
from tests.rest.conftest import KeyClient
from tests.workspaces.factories import AuditEntryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def walk(client: KeyClient, path: str) -> list[int]:
    ids: list[int] = []
    while path:
        page = client.get(path).json()
        ids += [row["id"] for row in page["data"]]
        path = "?".join(urlsplit(page["next"])[2:4]) if page["next"] else ""
    return ids


def test_the_pages_hold_every_row_once_newest_first(cast: Cast, full: KeyClient) -> None:
    made = [AuditEntryFactory.create(workspace=cast.workspace).pk for _ in range(7)]

    for size in (1, 3, 7, 200):
        assert walk(full, f"/api/v1/audit?page_size={size}") == made[::-1]


def test_a_row_that_comes_meanwhile_repeats_nothing(cast: Cast, full: KeyClient) -> None:
    made = [AuditEntryFactory.create(workspace=cast.workspace).pk for _ in range(4)]
    first = full.get("/api/v1/audit?page_size=2").json()
    AuditEntryFactory.create(workspace=cast.workspace)
    second = full.get(first["next"]).json()

    assert [row["id"] for row in first["data"] + second["data"]] == made[::-1]


def test_the_next_link_keeps_the_filters(cast: Cast, full: KeyClient) -> None:
    for action in ("a.b", "a.b", "c.d"):
        AuditEntryFactory.create(workspace=cast.workspace, action=action)
    first = full.get("/api/v1/audit?page_size=1&action=a.b").json()

    assert "action=a.b" in first["next"] and "page_size=1" in first["next"]
    assert full.get(first["next"]).json()["next"] is None


def test_the_directory_pages_too(full: KeyClient) -> None:
    first = full.get("/api/v1/partners?page_size=6").json()
    second = full.get(first["next"]).json()

    assert (len(first["data"]), len(second["data"]), second["next"]) == (6, 4, None)
    assert full.get(f"/api/v1/partners?cursor={encode_cursor(99)}").json()["data"] == []


@pytest.mark.parametrize("size", ["0", "-1", "201", "x", "", "1.5", "9" * 30, "²", "٣"])
def test_a_wrong_page_size_names_its_limits(full: KeyClient, size: str) -> None:
    response = full.get("/api/v1/audit", {"page_size": size})

    assert response.status_code == 400
    assert response.json()["errors"] == {"page_size": ["Must be a whole number from 1 to 200."]}


@pytest.mark.parametrize("cursor", ["", "x", "é", "YWZ0ZXI6LTE", "YWZ0ZXI6", "////", "a" * 500])
def test_a_wrong_cursor_is_named(full: KeyClient, cursor: str) -> None:
    response = full.get("/api/v1/audit", {"cursor": cursor})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["cursor"]


def test_a_cursor_beyond_every_number_is_no_crash(full: KeyClient) -> None:
    assert full.get(f"/api/v1/audit?cursor={encode_cursor(10**18 * 9)}").status_code == 200
