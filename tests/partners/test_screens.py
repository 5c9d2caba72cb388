"""Technology Partners and a partner's page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from braze_partners.keys import secrets
from braze_partners.keys.models import DataImportKey
from cohorts.models import Cohort, ImportRun
from tests.cast import Cast
from tests.keys.factories import DataImportKeyFactory

pytestmark = pytest.mark.django_db
GRID = "/w/lumen/partners/"
PAGE = "/w/lumen/partners/amplitude/"
KEYS = "/w/lumen/partners/amplitude/keys/"


def text_of(cast: Cast, path: str, **query: str) -> str:
    return cast.client(cast.alice).get(path, query).content.decode()


def a_run(cast: Cast, number: int = 1, partner: str = "amplitude") -> ImportRun:
    now = datetime.now(UTC) - timedelta(hours=1)
    cohort = Cohort.objects.create(
        workspace=cast.workspace,
        partner=partner,
        cohort_id=f"c{number}",
        name=f"Cohort {number}",
        first_received_at=now,
        last_run_at=now,
        size=312,
        sequence=1,
    )
    return ImportRun.objects.create(
        workspace=cast.workspace,
        partner=partner,
        cohort=cohort,
        sequence=1,
        state=ImportRun.State.COMPLETED,
        at=now,
        received=312,
        added=312,
    )


def test_the_grid_parts_partners_in_use_from_available_ones(cast: Cast) -> None:
    DataImportKeyFactory.create(workspace=cast.workspace, last_used_at=datetime.now(UTC))
    DataImportKeyFactory.create(workspace=cast.workspace, partner="heap")
    page = text_of(cast, GRID)
    in_use, available = page.split('id="partners-available"')

    assert "10 partners" in page and "2 with a key" in page
    assert "Amplitude</h3>" in in_use and "Heap</h3>" in in_use
    assert available.count('class="partner-tile"') == 8
    assert "no request yet" in in_use and "No key yet" in available


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "HEAP"}, ["Heap"]),
        ({"category": "reverse_etl"}, ["Hightouch", "Census"]),
        ({"category": "analytics", "q": "a"}, ["Amplitude", "Mixpanel", "Heap"]),
        ({"q": "nothing like it"}, []),
        ({"category": "unknown"}, []),
    ],
)
def test_the_grid_is_searched_and_filtered_by_the_address(
    cast: Cast, query: dict[str, str], names: list[str]
) -> None:
    page = text_of(cast, GRID, **query)

    assert re.findall(r"<h3>([^<]+)</h3>", page.split('id="partner-tiles"')[1]) == names
    assert ("No partner found" in page) == (not names)


def test_typing_gets_the_tiles_alone(cast: Cast) -> None:
    response = cast.client(cast.alice).get(GRID, {"q": "heap"}, headers={"HX-Request": "true"})

    assert response.content.decode().count("<h3>") == 1
    assert "<html" not in response.content.decode()


def test_before_any_key_the_page_offers_to_generate_one(cast: Cast) -> None:
    page = text_of(cast, PAGE)

    assert "Generate API Key" in page and "Not Connected" in page
    assert "0 of 4" in page and "No cohort received yet" in page
    assert "http://testserver" in page and "/partners/amplitude/cohorts" in page


def test_a_generated_key_is_shown_once_and_then_masked(cast: Cast) -> None:
    client = cast.client(cast.alice)
    made = client.post(KEYS, {"label": "Production", "token": "t1"})
    page = made.content.decode()
    found = re.search(r"bpi_\w{43}", page)

    key = DataImportKey.objects.get()
    assert found and bytes(key.digest) == secrets.digest(found[0])
    assert "no-store" in made.headers["Cache-Control"]
    assert "Copy it now" in page and 'data-copy="#import-key"' in page
    later = client.get(PAGE).content.decode()
    assert key.masked in later and found[0] not in later
    assert 'data-copy="#import-key"' not in later
    assert "Generate New Key" in later


def test_the_same_form_sent_again_makes_no_second_key(cast: Cast) -> None:
    client = cast.client(cast.alice)
    client.post(KEYS, {"token": "t1"})

    assert client.post(KEYS, {"token": "t1"}).status_code == 302
    assert client.get(KEYS).status_code == 302
    assert DataImportKey.objects.count() == 1


def test_a_label_that_is_too_long_comes_back_with_the_dialog(cast: Cast) -> None:
    page = cast.client(cast.alice).post(KEYS, {"label": "x" * 81}).content.decode()

    assert "data-dialog-shown" in page and "at most 80 characters" in page
    assert not DataImportKey.objects.exists()


def test_only_an_admin_acts_on_keys_and_sees_that_one_can(cast: Cast) -> None:
    key = DataImportKeyFactory.create(workspace=cast.workspace)
    invalidate = f"{KEYS}{key.pk}/invalidate/"
    for person in (cast.bob, cast.charlie):
        client = cast.client(person)
        page = client.get(PAGE).content.decode()
        assert key.masked in page
        assert "Generate New Key" not in page and "Invalidate" not in page
        assert client.post(KEYS).status_code == client.post(invalidate).status_code == 403

    assert cast.client(cast.mallory).get(PAGE).status_code == 404
    assert DataImportKey.objects.filter(invalidated_at=None).count() == 1


def test_a_key_is_invalidated_from_its_own_page_only(cast: Cast) -> None:
    key = DataImportKeyFactory.create(workspace=cast.workspace)
    theirs = DataImportKeyFactory.create(workspace=cast.other_workspace)
    client = cast.client(cast.alice)

    assert client.post(f"/w/lumen/partners/heap/keys/{key.pk}/invalidate/").status_code == 404
    assert client.post(f"{KEYS}{theirs.pk}/invalidate/").status_code == 404
    page = client.post(f"{KEYS}{key.pk}/invalidate/", follow=True).content.decode()
    assert f"{key.masked} is invalidated" in page
    assert "Generate API Key" in page  # no active key is left


def test_the_checklist_ticks_by_evidence(cast: Cast) -> None:
    DataImportKeyFactory.create(
        workspace=cast.workspace,
        created_by=cast.alice,
        first_used_at=datetime.now(UTC),
        first_used_address="52.33.12.8",
        last_used_at=datetime.now(UTC),
    )
    a_run(cast, 9, partner="heap")
    assert "2 of 4" in text_of(cast, PAGE)

    run = a_run(cast)
    page = text_of(cast, PAGE)
    assert "4 of 4" in page and "from 52.33.12.8" in page and "by Alice" in page
    assert f"/w/lumen/cohorts/runs/{run.pk}/" in page
    assert "Latest import runs" in page and "Cohort 9" not in page


def test_the_page_asks_for_news_and_hears_nothing_while_there_are_none(cast: Cast) -> None:
    client = cast.client(cast.alice)
    page = client.get(PAGE).content.decode()
    found = re.search(r'hx-get="([^"]+activity/\?seen=[^"]+)"', page)
    assert found

    assert client.get(found[1]).status_code == 204
    a_run(cast)
    news = client.get(found[1]).content.decode()
    assert "Cohort 1" in news and 'id="connection" hx-swap-oob="true"' in news


@pytest.mark.parametrize("page", ["", "guide/", "activity/"])
def test_an_unknown_partner_is_a_404(cast: Cast, page: str) -> None:
    assert cast.client(cast.alice).get(f"/w/lumen/partners/nobody/{page}").status_code == 404


def test_the_guide_has_the_real_endpoint(cast: Cast) -> None:
    assert "http://testserver/partners/heap/cohorts" in text_of(
        cast, "/w/lumen/partners/heap/guide/"
    )


@pytest.mark.parametrize("path", [GRID, PAGE])
def test_the_queries_do_not_grow_with_the_rows(cast: Cast, path: str) -> None:
    client = cast.client(cast.alice)
    counts = []
    for first, last in ((0, 3), (3, 30)):
        for number in range(first, last):
            DataImportKeyFactory.create(workspace=cast.workspace, created_by=cast.alice)
            a_run(cast, number)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 15, [query["sql"][:120] for query in queries]
