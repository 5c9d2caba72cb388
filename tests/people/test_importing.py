"""The background import: started once, resumed after a kill, counted once, stopped when told."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from braze_partners.people import importing, numbers, tasks
from braze_partners.people.attributes import Type
from braze_partners.people.csv_files import Chunk
from braze_partners.people.limits import IMPORT_CHUNK, LEASE_SECONDS, TURN_SECONDS
from braze_partners.people.models import Attribute, PeopleImport, Profile
from tests.people.factories import AttributeFactory, PeopleImportFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)
State = PeopleImport.State
Upload = Callable[..., PeopleImport]


@pytest.fixture
def upload(settings: object, tmp_path: Path) -> Upload:
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]

    def make(content: str | bytes, name: str = "people.csv") -> PeopleImport:
        raw = content.encode() if isinstance(content, str) else content
        people_import: PeopleImport = PeopleImportFactory.create(path=name, size=len(raw))
        importing.file_of(people_import).write_bytes(raw)
        return people_import

    return make


def clock() -> datetime:
    return NOW


def run(people_import: PeopleImport) -> PeopleImport:
    importing.start(people_import, NOW)
    importing.run(people_import.pk, clock)
    people_import.refresh_from_db()
    return people_import


def counts(people_import: PeopleImport) -> tuple[int, int, int, int]:
    one = people_import
    return one.rows, one.created, one.updated, one.refused


def long_file(rows: int) -> str:
    return "external_id,age\n" + "".join(f"u{n},{n}\n" for n in range(rows))


def test_it_imports_to_the_end_and_removes_the_file(upload: Upload) -> None:
    content = 'external_id,email\nu1,a@x.org\n\nu2,nobody\n"u3",\nu1,b@x.org\n'
    done = run(upload(content))
    assert done.state == State.COMPLETED
    assert counts(done) == (4, 2, 1, 1)
    assert (done.lines, done.read_share, done.offset) == (6, 1, len(content))
    problem = done.problems.get()
    assert (problem.line, problem.column) == (4, "email")
    assert not importing.file_of(done).exists()


def test_types_of_new_attributes_are_fixed_at_the_start(upload: Upload) -> None:
    people_import = upload("external_id,age,zip\nu1,31,01234\nu2,old,9\n")
    AttributeFactory.create(workspace=people_import.workspace, name="age", type=Type.NUMBER)
    done = run(people_import)
    assert counts(done) == (2, 1, 0, 1)
    assert Attribute.objects.get(workspace=done.workspace, name="zip").type == Type.TEXT


def _killed_after(monkeypatch: pytest.MonkeyPatch, chunks: int) -> None:
    """The worker dies in the middle of a chunk: nothing of it is committed."""
    applied = importing._advance
    seen: list[int] = []

    def die(people_import: PeopleImport, chunk: Chunk, *rest: object) -> None:
        seen.append(chunk.end)
        if len(seen) > chunks:
            raise KeyboardInterrupt
        applied(people_import, chunk, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "_advance", die)


@pytest.mark.parametrize("packed", [False, True])
def test_a_killed_import_goes_on_where_it_was_and_counts_nothing_twice(
    upload: Upload, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    rows = IMPORT_CHUNK * 2 + 500
    raw = long_file(rows).encode()
    people_import = upload(gzip.compress(raw), "people.csv.gz") if packed else upload(raw)
    importing.start(people_import, NOW)
    with monkeypatch.context() as patched:
        _killed_after(patched, 1)
        with pytest.raises(KeyboardInterrupt):
            importing.run(people_import.pk, clock)
    people_import.refresh_from_db()
    assert people_import.state == State.RUNNING
    assert counts(people_import) == (IMPORT_CHUNK, IMPORT_CHUNK, 0, 0)

    assert importing.forgotten(NOW) == []
    later = NOW + timedelta(seconds=LEASE_SECONDS + 1)
    assert importing.forgotten(later) == [people_import.pk]
    importing.run(people_import.pk, lambda: later)
    people_import.refresh_from_db()
    assert people_import.state == State.COMPLETED
    assert counts(people_import) == (rows, rows, 0, 0)
    assert numbers.universe(people_import.workspace_id).size == rows


def test_two_workers_never_import_one_file_together(upload: Upload) -> None:
    people_import = upload(long_file(3))
    importing.start(people_import, NOW)
    assert importing.take(people_import.pk, NOW) is not None
    assert importing.take(people_import.pk, NOW) is None


def test_an_overtaken_worker_applies_nothing_more(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    people_import = upload(long_file(3))
    importing.start(people_import, NOW)
    taken = importing.take(people_import.pk, NOW)
    assert taken is not None
    PeopleImport.objects.filter(pk=taken.pk).update(lease_token="of another")
    with pytest.raises(importing.LeaseLost):
        importing._run(taken, clock)
    assert not Profile.objects.filter(workspace=taken.workspace).exists()


def test_a_cancelled_import_keeps_what_was_applied_and_stops(upload: Upload) -> None:
    people_import = upload(long_file(3))
    importing.start(people_import, NOW)
    importing.cancel(people_import, NOW)
    assert not importing.run(people_import.pk, clock)
    people_import.refresh_from_db()
    assert (people_import.state, people_import.rows) == (State.CANCELLED, 0)
    assert not importing.file_of(people_import).exists()
    with pytest.raises(importing.MoveRefused):
        importing.cancel(people_import, NOW)


def test_an_import_starts_once(upload: Upload) -> None:
    people_import = upload(long_file(3))
    importing.start(people_import, NOW)
    with pytest.raises(importing.MoveRefused):
        importing.start(people_import, NOW)


def test_a_long_import_gives_others_a_turn_and_goes_on(upload: Upload) -> None:
    people_import = upload(long_file(IMPORT_CHUNK + 5))
    importing.start(people_import, NOW)
    times = iter([NOW, NOW, *[NOW + timedelta(seconds=TURN_SECONDS + 1)] * 9])
    assert importing.run(people_import.pk, lambda: next(times)) is True
    assert importing.run(people_import.pk, clock) is False
    people_import.refresh_from_db()
    assert counts(people_import) == (IMPORT_CHUNK + 5, IMPORT_CHUNK + 5, 0, 0)


def test_a_file_cut_off_in_the_middle_fails_and_says_what_stays(upload: Upload) -> None:
    packed = gzip.compress(long_file(60_000).encode())
    people_import = upload(packed[: len(packed) // 2], "people.csv.gz")
    done = run(people_import)
    assert done.state == State.FAILED
    assert "can't be read further" in done.error
    assert 0 < done.created == numbers.universe(done.workspace_id).size


def test_a_file_that_is_gone_fails_in_words(upload: Upload) -> None:
    people_import = upload(long_file(3))
    importing.start(people_import, NOW)
    importing.file_of(people_import).unlink()
    importing.run(people_import.pk, clock)
    people_import.refresh_from_db()
    assert (people_import.state, people_import.error) == (
        State.FAILED,
        "The uploaded file is gone. Upload it again.",
    )


def test_refused_lines_are_all_counted_and_the_first_are_kept(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MAX_KEPT_PROBLEMS", 3)
    done = run(upload("external_id,email\n" + "u,nobody\n" * 7))
    assert (done.refused, done.problems.count()) == (7, 3)


def test_the_sweep_wakes_the_forgotten_and_clears_old_uploads(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(tasks, "wake", lambda _task, pk: woken.append(pk))
    started, old = upload(long_file(3), "a.csv"), upload(long_file(3), "b.csv")
    importing.start(started, NOW)
    stray = importing.uploads_folder() / "of-a-killed-upload.part"
    stray.touch()
    fresh = importing.uploads_folder() / "just-coming.part"
    fresh.touch()
    for path in (importing.file_of(started), importing.file_of(old), stray):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    PeopleImport.objects.filter(pk=old.pk).update(created_at=NOW - timedelta(hours=25))
    tasks.sweep_imports()
    assert woken == [started.pk]
    assert not PeopleImport.objects.filter(pk=old.pk).exists()
    left = {path.name for path in importing.uploads_folder().iterdir()}
    assert left == {started.path, fresh.name}
