"""/segments/list, /details and /data_series, as wire/braze-users-track.md gives them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from cohorts.segments import limits, saving
from cohorts.segments.models import Segment
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient
from tests.segments.factories import SegmentSizeFactory
from tests.segments.worlds import NOW, World, cohort_filter, definition, world

pytestmark = pytest.mark.django_db
SECRET = "brk_" + "s" * 43


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(10, workspace=cast.workspace)
    made.cohort("k3x9a7f2", {1, 2, 3})
    return made


def caller(cast: Cast, *allowed: str) -> KeyClient:
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=list(allowed))
    return KeyClient(SECRET)


def make(made: World, name: str, after: int = 0, **more: Any) -> Segment:
    now = NOW + timedelta(seconds=after)
    return saving.create(made.workspace, saving.Draft(name, **more), by=None, now=now)


def test_the_list_has_braze_s_fields_and_rate_headers(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Shoppers", tags=("B", "A"))
    answer = caller(cast, "segments.list").get("/segments/list")
    assert answer.status_code == 200
    assert answer.json() == {
        "message": "success",
        "segments": [
            {
                "id": str(segment.pk),
                "name": "Shoppers",
                "analytics_tracking_enabled": False,
                "tags": ["A", "B"],
            }
        ],
    }
    assert answer["X-RateLimit-Limit"] == "250000"
    assert int(answer["X-RateLimit-Remaining"]) < 250_000
    assert int(answer["X-RateLimit-Reset"]) > NOW.timestamp()


def test_the_list_comes_in_pages_by_creation(
    cast: Cast, lumen: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at, name in enumerate(("a", "b", "c")):
        make(lumen, name, after=at)
    monkeypatch.setattr(limits, "BRAZE_LIST_PAGE", 2)
    client = caller(cast, "segments.list")

    def names(query: str) -> list[str]:
        answer = client.get(f"/segments/list?{query}")
        assert answer.status_code == 200
        return [each["name"] for each in answer.json()["segments"]]

    assert names("") == names("page=0&sort_direction=asc") == ["a", "b"]
    assert names("page=1") == ["c"]
    assert names("sort_direction=desc") == ["c", "b"]
    assert names("page=2") == names("page=-1") == names("page=x") == names("page=9999999999") == []


def test_archived_segments_and_those_of_others_are_left_out(cast: Cast, lumen: World) -> None:
    saving.set_archived([make(lumen, "Gone")], True, by=None, now=NOW)
    make(world(1, workspace=cast.other_workspace), "Foreign")
    assert caller(cast, "segments.list").get("/segments/list").json()["segments"] == []


def test_the_details_have_braze_s_fields(cast: Cast, lumen: World) -> None:
    segment = make(
        lumen,
        "Shoppers",
        description="Why",
        tags=("A",),
        definition=definition(cohort_filter("k3x9a7f2")),
    )
    client = caller(cast, "segments.details")
    answer = client.get(f"/segments/details?segment_id={segment.pk}")
    assert answer.status_code == 200
    assert answer.json() == {
        "message": "success",
        "created_at": "2026-05-12T14:32:08.000Z",
        "updated_at": "2026-05-12T14:32:08.000Z",
        "name": "Shoppers",
        "description": "Why",
        "text_description": "Amplitude Cohorts includes Cohort k3x9a7f2",
        "tags": ["A"],
    }
    assert "X-RateLimit-Remaining" in answer


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/segments/details", 400),
        ("/segments/details?segment_id=", 400),
        ("/segments/details?segment_id=5b2e", 404),
        ("/segments/details?segment_id=7b0f1a52-6d5f-4d3b-9d59-3f1d8ad2b4c1", 404),
        ("/segments/list?sort_direction=up", 400),
        ("/segments/nothing", 404),
    ],
)
def test_errors_have_braze_s_shape(cast: Cast, lumen: World, path: str, status: int) -> None:
    answer = caller(cast, "segments.list", "segments.details").get(path)
    assert answer.status_code == status
    assert set(answer.json()) == {"message", "errors"}


def test_a_segment_of_another_workspace_is_unknown(cast: Cast, lumen: World) -> None:
    foreign = make(world(1, workspace=cast.other_workspace), "Foreign")
    client = caller(cast, "segments.details")
    assert client.get(f"/segments/details?segment_id={foreign.pk}").status_code == 404


def test_keys_are_asked_for_their_permission(cast: Cast, lumen: World) -> None:
    client = caller(cast, "segments.details")
    assert client.get("/segments/list").status_code == 403
    assert KeyClient("brk_wrong").get("/segments/list").status_code == 401
    assert client.post("/segments/list").status_code == 405


def test_the_series_tells_the_size_of_each_kept_day(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Shoppers")
    for days, size in ((0, 12), (1, 10), (5, 7)):
        day = (NOW - timedelta(days=days)).date()
        SegmentSizeFactory.create(segment=segment, day=day, at=NOW, size=size)
    client = caller(cast, "segments.data_series")
    address = f"/segments/data_series?segment_id={segment.pk}&ending_at=2026-05-12T20:00:00Z"
    assert client.get(f"{address}&length=2").json() == {
        "message": "success",
        "data": [{"time": "2026-05-11", "size": 10}, {"time": "2026-05-12", "size": 12}],
    }
    for wrong in ("", "&length=0", "&length=101", "&length=x", "&length=²"):
        assert client.get(f"{address}{wrong}").status_code == 400
    assert client.get(f"{address}x&length=2").status_code == 400
    for edge in ("0001-01-01", "9999-12-31T23:59:59"):
        at = f"/segments/data_series?segment_id={segment.pk}&ending_at={edge}&length=2"
        assert client.get(at).json() == {"message": "success", "data": []}
    unknown = f"/segments/data_series?segment_id={uuid.uuid4()}&length=2"
    assert client.get(unknown).status_code == 404
