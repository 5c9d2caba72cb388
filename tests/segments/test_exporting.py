"""CSV exports of members: whole, safe, resumed after a kill, cancelled, and gone after a day."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pyroaring import BitMap

from braze_partners.people import csv_export
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles, delete_profiles
from braze_partners.workspaces.models import Workspace
from cohorts.segments import export_files, exporting, limits, saving, tasks
from cohorts.segments.models import Segment, SegmentExport
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient
from tests.segments.factories import SegmentExportFactory
from tests.segments.worlds import NOW, definition, has_external_id
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
State = SegmentExport.State
SECRET = "brk_" + "e" * 43


@pytest.fixture(autouse=True)
def var(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def clock() -> datetime:
    return NOW


def people(workspace: Workspace, count: int = 5) -> None:
    made = [NewPerson(f"usr_{number}") for number in range(count)]
    made[0].fields = {"first_name": "=1+1", "email": "a@x.org", "phone": "+33 1", "country": "FR"}
    made[0].fields |= {"last_name": 'Roy, "Amélie"', "last_session_at": NOW}
    made += [NewPerson(aliases=[("label", "one:two")]), NewPerson(devices=[NewDevice("-device")])]
    create_profiles(workspace.pk, made, NOW)


def segment_of(workspace: Workspace, *rows: Any) -> Segment:
    draft = saving.Draft("Everyone", definition=definition(*rows))
    return saving.create(workspace, draft, by=None, now=NOW)


def started(workspace: Workspace) -> SegmentExport:
    return exporting.start(segment_of(workspace), by=None, now=NOW)


def written(export: SegmentExport) -> list[list[str]]:
    return list(csv.reader(io.StringIO(export_files.file_of(export).read_text())))


def test_every_member_is_a_line_and_no_cell_is_a_formula() -> None:
    workspace = WorkspaceFactory.create()
    people(workspace)
    export = started(workspace)
    assert not exporting.run(str(export.pk), clock)
    head, *lines = written(export)
    assert head == list(csv_export.COLUMNS)
    assert [line[0] for line in lines] == [
        *(f"usr_{number}" for number in range(5)),
        "alias:label:one:two",
        "device:-device",
    ]
    assert lines[0][2:8] == ["'=1+1", 'Roy, "Amélie"', "a@x.org", "'+33 1", "FR", ""]
    assert lines[0][8:] == ["2026-05-12T14:32:08Z", "2026-05-12T14:32:08Z"]
    export.refresh_from_db()
    assert (export.state, export.size, export.done) == (State.COMPLETED, 7, 7)
    assert export.members is None
    assert export.offset == export_files.file_of(export).stat().st_size


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "  =1", "＝1", " ", "a=1", ""])
def test_both_ways_to_write_a_cell_are_the_same(text: str) -> None:
    workspace = WorkspaceFactory.create()
    create_profiles(workspace.pk, [NewPerson(text or "x", fields={"first_name": text})], NOW)
    fast = b"".join(bytes(piece) for piece in csv_export.lines(workspace.pk, BitMap([0])))
    plain = "".join(csv_export.csv_lines(csv_export._rows(workspace.pk, [0]))).encode()
    assert list(csv.reader(io.StringIO(fast.decode()))) == list(
        csv.reader(io.StringIO(plain.decode()))
    )


def test_an_export_has_who_was_a_member_when_it_began_and_nobody_deleted_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = WorkspaceFactory.create()
    people(workspace)
    export = started(workspace)
    monkeypatch.setattr(limits, "EXPORT_CHUNK", 2)
    monkeypatch.setattr(limits, "EXPORT_TURN_SECONDS", 0)
    assert exporting.run(str(export.pk), clock)
    create_profiles(workspace.pk, [NewPerson("late")], NOW)
    delete_profiles(workspace.pk, [4], NOW)
    while exporting.run(str(export.pk), clock):
        pass
    assert [line[0] for line in written(export)[1:5]] == [f"usr_{number}" for number in range(4)]
    assert "late" not in export_files.file_of(export).read_text()


class Killed(BaseException):
    pass


def test_a_worker_that_was_killed_leaves_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies after it wrote lines that its row doesn't know of yet."""
    workspace = WorkspaceFactory.create()
    people(workspace)
    export = started(workspace)
    monkeypatch.setattr(limits, "EXPORT_CHUNK", 3)
    lines = csv_export.lines
    calls: list[int] = []

    def dying(workspace_id: int, numbers: BitMap) -> Iterator[bytes | memoryview]:
        calls.append(len(numbers))
        yield from lines(workspace_id, numbers)
        if len(calls) == 2:
            raise Killed

    monkeypatch.setattr(csv_export, "lines", dying)
    with pytest.raises(Killed):
        exporting.run(str(export.pk), clock)
    assert exporting.forgotten(NOW) == []
    later = NOW + timedelta(seconds=limits.EXPORT_LEASE_SECONDS + 1)
    assert exporting.forgotten(later) == [str(export.pk)]
    assert not exporting.run(str(export.pk), lambda: later)
    assert [line[0] for line in written(export)[1:6]] == [f"usr_{number}" for number in range(5)]
    assert len(written(export)) == 8


def test_a_cancelled_export_stops_and_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = WorkspaceFactory.create()
    people(workspace)
    export = started(workspace)
    monkeypatch.setattr(limits, "EXPORT_CHUNK", 3)
    lines = csv_export.lines

    def cancelled(workspace_id: int, numbers: BitMap) -> Iterator[bytes | memoryview]:
        if export.state != State.CANCELLED:
            exporting.cancel(export, NOW)
            export.refresh_from_db()
        yield from lines(workspace_id, numbers)

    monkeypatch.setattr(csv_export, "lines", cancelled)
    assert not exporting.run(str(export.pk), clock)
    export.refresh_from_db()
    assert (export.state, export.done, export.members) == (State.CANCELLED, 0, None)
    with pytest.raises(exporting.ExportRefused):
        exporting.cancel(export, NOW)
    exporting.expire(NOW)
    assert not export_files.file_of(export).exists()


def test_files_are_gone_after_a_day() -> None:
    export = started(WorkspaceFactory.create())
    exporting.run(str(export.pk), clock)
    assert exporting.expire(NOW + timedelta(hours=limits.EXPORT_KEPT_HOURS - 1)) == 0
    assert export_files.file_of(export).exists()
    assert exporting.expire(NOW + timedelta(hours=limits.EXPORT_KEPT_HOURS + 1)) == 1
    assert not export_files.file_of(export).exists()


def test_a_workspace_has_few_exports_at_once() -> None:
    workspace = WorkspaceFactory.create()
    SegmentExportFactory.create_batch(limits.EXPORTS_AT_ONCE, workspace=workspace)
    with pytest.raises(exporting.ExportRefused):
        started(workspace)


def test_a_marketer_exports_watches_and_downloads(cast: Cast, client: Client) -> None:
    people(cast.workspace)
    segment = segment_of(cast.workspace, has_external_id())
    client.force_login(cast.bob)
    base = f"/w/{cast.workspace.slug}/segments/{segment.pk}"
    assert "CSV Export User Data" in client.get(f"{base}/").content.decode()
    answer = client.post(f"{base}/exports/", follow=True)
    assert "takes it up" in answer.content.decode()
    export = SegmentExport.objects.get()
    assert client.get(f"{base}/exports/{export.pk}/file/").status_code == 302
    tasks.run_export(str(export.pk))
    page = client.get(f"{base}/exports/{export.pk}/progress/").content.decode()
    assert "5 members in" in page
    file = client.get(f"{base}/exports/{export.pk}/file/")
    assert file["Content-Disposition"].startswith('attachment; filename="everyone-')
    assert b"".join(file.streaming_content).count(b"\n") == 6  # type: ignore[attr-defined]
    assert str(export.pk) in client.get(f"{base}/members/").content.decode()


def test_a_viewer_sees_no_export_and_may_not_start_one(cast: Cast, client: Client) -> None:
    segment = segment_of(cast.workspace)
    client.force_login(cast.charlie)
    base = f"/w/{cast.workspace.slug}/segments/{segment.pk}"
    assert "CSV" not in client.get(f"{base}/members/").content.decode()
    assert client.post(f"{base}/exports/").status_code == 403
    assert not SegmentExport.objects.exists()


def test_the_same_over_rest(cast: Cast) -> None:
    people(cast.workspace)
    segment = segment_of(cast.workspace)
    RestApiKeyFactory.create(
        workspace=cast.workspace, secret=SECRET, permissions=["segments.export"]
    )
    client = KeyClient(SECRET)
    base = f"/api/v1/segments/{segment.pk}/exports"
    made = client.call("POST", base, {})
    assert made.status_code == 201, made.content
    one = f"{base}/{made.json()['id']}"
    assert client.get(one).json()["state"] == "queued"
    assert client.get(f"{one}/file").status_code == 404
    tasks.run_export(made.json()["id"])
    assert client.get(base).json()["data"][0]["done"] == 7
    assert b"".join(client.get(f"{one}/file").streaming_content).count(b"\n") == 8  # type: ignore[attr-defined]
    assert client.call("DELETE", one).status_code == 409
