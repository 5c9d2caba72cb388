"""POST /users/export/segment: the zip, its link, its callback, and what is refused."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from braze_partners import outbound
from braze_partners.outbound import OutboundRefused
from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble
from braze_partners.people import exported
from braze_partners.people.profiles import NewPerson, create_profiles
from braze_partners.workspaces.models import AuditEntry
from cohorts.segments import export_callbacks, export_files, export_links, exporting, limits, tasks
from cohorts.segments.models import Segment, SegmentExport
from tests.cast import Cast
from tests.rest.conftest import KeyClient, full, with_key
from tests.segments.factories import SegmentExportFactory, SegmentFactory

__all__ = ["full", "with_key"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
PATH = "/users/export/segment"
State = SegmentExport.State


@pytest.fixture(autouse=True)
def var(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    woken: list[tuple[Any, ...]] = []
    for module in ("user_export_api", "tasks"):
        monkeypatch.setattr(f"cohorts.segments.{module}.wake", lambda *told: woken.append(told))
    return woken


@pytest.fixture
def segment(cast: Cast) -> Segment:
    now = timezone.now()
    people = [NewPerson(f"u{n}", fields={"email": f"u{n}@x.org"}) for n in range(7)]
    create_profiles(cast.workspace.pk, people, now)
    return SegmentFactory.create(workspace=cast.workspace, name="Everyone")


def ask(client: KeyClient, segment: Segment, **more: Any) -> Any:
    body = {"segment_id": str(segment.pk), "fields_to_export": ["external_id", "email"]}
    return client.call("POST", PATH, body | more)


def run(export: SegmentExport, clock: Callable[[], datetime] = timezone.now) -> SegmentExport:
    while exporting.run(str(export.pk), clock):
        pass
    export.refresh_from_db()
    return export


def users(content: bytes) -> list[list[dict[str, Any]]]:
    """By file of the zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        names = sorted(packed.namelist())
        return [[json.loads(line) for line in packed.read(name).splitlines()] for name in names]


def test_the_people_of_a_segment_come_as_a_zip_of_lines(
    full: KeyClient, segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EXPORT_PART", 3)
    answer = ask(full, segment, output_format="gzip")
    told = answer.json()
    assert answer.status_code == 201 and "X-RateLimit-Limit" in answer
    assert set(told) == {"message", "object_prefix", "url"}
    parts = urlsplit(told["url"])
    local = f"{parts.path}?{parts.query}"
    early = Client().get(local)
    assert early.status_code == 404 and "not there" in early.json()["message"]
    export = run(SegmentExport.objects.get(pk=told["object_prefix"]))
    assert export.state == State.COMPLETED and export.size == 7
    file: Any = Client().get(local)
    content = b"".join(file.streaming_content)
    assert file["Content-Type"] == "application/zip" and len(content) == export.offset
    lines = users(content)
    assert [len(each) for each in lines] == [3, 3, 1]
    assert lines[0][0] == {"external_id": "u0", "email": "u0@x.org"}
    assert not (export_files.folder() / f"{export.pk}.parts").exists()
    assert AuditEntry.objects.get(action="segment.exported").target == "Everyone"


def test_a_link_is_good_for_its_file_and_time_only(
    full: KeyClient, segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(full, segment)
    export = run(SegmentExport.objects.get())
    now = timezone.now()
    url = export_links.link(export, now)
    query = dict(pair.split("=", 1) for pair in urlsplit(url).query.split("&"))
    other = uuid.uuid4()
    later = str(int(query["expires"]) + 3600)
    assert export_links.holds(export.pk, query["expires"], query["signature"], now)
    assert not export_links.holds(other, query["expires"], query["signature"], now)
    assert not export_links.holds(export.pk, later, query["signature"], now)
    assert not export_links.holds(export.pk, "soon", query["signature"], now)
    over = now + timedelta(hours=limits.EXPORT_LINK_HOURS, seconds=2)
    assert not export_links.holds(export.pk, query["expires"], query["signature"], over)
    path = urlsplit(url).path
    for bad in ("", "?expires=1&signature=x", "?expires=&signature="):
        refused = Client().get(path + bad)
        assert refused.status_code == 403 and "not valid" in refused.json()["message"]
    assert Client().post(url).status_code == 405


class Killed(BaseException):
    pass


@pytest.mark.parametrize("deadly", [2, 3])
def test_a_worker_that_was_killed_leaves_nobody_twice(
    full: KeyClient, segment: Segment, monkeypatch: pytest.MonkeyPatch, deadly: int
) -> None:
    monkeypatch.setattr(limits, "EXPORT_PART", 3)
    ask(full, segment)
    export = SegmentExport.objects.get()
    plain, calls = exported.users, []

    def dying(*told: Any) -> Any:
        calls.append(told)
        if len(calls) == deadly:
            raise Killed
        return plain(*told)

    monkeypatch.setattr(exported, "users", dying)
    with pytest.raises(Killed):
        exporting.run(str(export.pk), timezone.now)
    later = timezone.now() + timedelta(seconds=limits.EXPORT_LEASE_SECONDS + 1)
    run(export, lambda: later)
    lines = users(export_files.file_of(export).read_bytes())
    assert [user["external_id"] for part in lines for user in part] == [f"u{n}" for n in range(7)]


def test_a_worker_killed_when_the_zip_was_whole_makes_it_again(
    full: KeyClient, segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(full, segment)
    export = SegmentExport.objects.get()
    held = exporting._held

    def late(one: SegmentExport) -> Any:
        if export_files.file_of(one).exists():
            raise Killed
        return held(one)

    monkeypatch.setattr(exporting, "_held", late)
    with pytest.raises(Killed):
        exporting.run(str(export.pk), timezone.now)
    monkeypatch.setattr(exporting, "_held", held)
    later = timezone.now() + timedelta(seconds=limits.EXPORT_LEASE_SECONDS + 1)
    run(export, lambda: later)
    assert len(users(export_files.file_of(export).read_bytes())[0]) == 7


def test_files_go_after_a_day_and_of_a_cancelled_export_at_once(
    full: KeyClient, segment: Segment
) -> None:
    ask(full, segment)
    export = run(SegmentExport.objects.get())
    exporting.expire(timezone.now())
    assert export_files.file_of(export).exists()
    exporting.expire(timezone.now() + timedelta(hours=limits.EXPORT_KEPT_HOURS + 1))
    assert not any(export_files.folder().iterdir())
    export.refresh_from_db()
    assert export.state == State.EXPIRED


@pytest.mark.parametrize(
    ("more", "status", "sentence"),
    [
        ({"segment_id": str(uuid.UUID(int=5))}, 404, "Unknown segment_id"),
        ({"segment_id": "five"}, 404, "Unknown segment_id"),
        ({"segment_id": 5}, 400, "segment_id must be a text"),
        ({"segment_id": None}, 400, "segment_id is required"),
        ({"fields_to_export": None}, 400, "must be an array"),
        ({"fields_to_export": []}, 400, "at least one field"),
        ({"fields_to_export": ["shoe_size"]}, 400, "no field: shoe_size"),
        ({"output_format": "csv"}, 400, "output_format must be zip or gzip"),
        ({"callback_endpoint": "http://10.0.0.8/x"}, 400, "callback_endpoint"),
        ({"callback_endpoint": "https://127.0.0.1/x"}, 400, "no public address"),
        ({"callback_endpoint": "ftp://example.org"}, 400, "callback_endpoint"),
        ({"callback_endpoint": ["x"]}, 400, "callback_endpoint must be a text"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    full: KeyClient, segment: Segment, more: dict[str, Any], status: int, sentence: str
) -> None:
    answer = ask(full, segment, **more)
    assert answer.status_code == status and sentence in answer.json()["message"]
    assert not SegmentExport.objects.exists()


def test_another_workspaces_segment_is_unknown_and_the_permission_is_asked_for(
    full: KeyClient, with_key: Callable[..., KeyClient], segment: Segment, cast: Cast
) -> None:
    theirs = SegmentFactory.create(workspace=cast.other_workspace)
    assert ask(full, theirs).status_code == 404
    assert ask(with_key("users.export.ids"), segment).status_code == 403


def test_not_more_are_made_at_once_than_there_are_workers_for(
    full: KeyClient, segment: Segment
) -> None:
    for _ in range(limits.EXPORTS_AT_ONCE):
        assert ask(full, segment).status_code == 201
    refused = ask(full, segment)
    assert refused.status_code == 400 and "under way" in refused.json()["message"]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was posted; put answers in `answers` to have others than 200."""
    made: list[Any] = []

    def post(url: str, body: bytes, **_: Any) -> Any:
        made.append((url, json.loads(body)))
        return Answer(200, b"", 0.1)

    monkeypatch.setattr(outbound, "post", post)
    return made


HOOK = "https://hooks.example.org/exports"


def test_the_callback_is_told_the_link_once(
    full: KeyClient, segment: Segment, calls: list[Any], nobody_is_woken: list[Any]
) -> None:
    ask(full, segment, callback_endpoint=HOOK)
    export = SegmentExport.objects.get()
    tasks.run_export(str(export.pk))
    assert nobody_is_woken[-1] == (tasks.call_back, str(export.pk))
    tasks.call_back(str(export.pk))
    tasks.call_back(str(export.pk))
    ((url, body),) = calls
    assert url == HOOK and body["success"] is True and body["object_prefix"] == str(export.pk)
    assert Client().get(body["url"].removeprefix("http://testserver")).status_code == 200
    assert export_callbacks.due(timezone.now() + timedelta(days=1)) == []


@pytest.mark.parametrize(
    "trouble",
    [Answer(500, b"", 0.1), NetworkFailure(Trouble.TIMEOUT, "No whole answer", 5.0, False), None],
)
def test_a_callback_that_fails_is_tried_again_and_then_given_up(
    full: KeyClient, segment: Segment, monkeypatch: pytest.MonkeyPatch, trouble: Any
) -> None:
    made: list[str] = []

    def post(url: str, *_: Any, **__: Any) -> Any:
        made.append(url)
        if trouble is None:
            raise OutboundRefused("hooks.example.org leads inside")
        return trouble

    monkeypatch.setattr(outbound, "post", post)
    ask(full, segment, callback_endpoint=HOOK)
    export = run(SegmentExport.objects.get())
    now = timezone.now()
    for pause in (0, *limits.CALLBACK_PAUSES):
        assert export_callbacks.due(now + timedelta(seconds=pause - 1)) == [] or pause == 0
        now += timedelta(seconds=pause)
        assert export_callbacks.due(now) == [str(export.pk)]
        assert not export_callbacks.call(str(export.pk), lambda at=now: at)  # type: ignore[misc]
    export.refresh_from_db()
    assert len(made) == 5 and export.callback_due_at is None and export.callback_error


def test_who_loses_the_race_for_a_callback_calls_nobody(calls: list[Any]) -> None:
    now = timezone.now()
    export = SegmentExportFactory.create(
        form=SegmentExport.Form.ZIP, callback_url=HOOK, callback_due_at=now, state=State.FAILED
    )
    assert export_callbacks.call(str(export.pk), lambda: now)
    assert not export_callbacks.call(str(export.pk), lambda: now)
    assert [body["success"] for _, body in calls] == [False]


def test_zips_are_not_among_the_csv_exports_of_the_segment(
    full: KeyClient, segment: Segment
) -> None:
    ask(full, segment)
    assert full.get(f"/api/v1/segments/{segment.pk}/exports").json()["data"] == []
