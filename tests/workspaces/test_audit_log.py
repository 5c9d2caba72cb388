"""The audit log: what is written, found, paged, exported."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from braze_partners.workspaces import audit_log, audit_words
from braze_partners.workspaces.audit import record
from braze_partners.workspaces.audit_log import AuditFilters
from braze_partners.workspaces.limits import AUDIT_ENTRIES_PER_PAGE
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.house.sources import PRODUCT, sources
from tests.workspaces.factories import AuditEntryFactory

PAGE = "/w/lumen/settings/audit-log/"
EXPORT = "/w/lumen/settings/audit-log/export/"
NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)


def _rows(client: Client, query: str = "") -> list[list[str]]:
    answer = client.post(EXPORT + query)
    assert isinstance(answer, StreamingHttpResponse)
    text = b"".join(answer.streaming_content).decode()  # type: ignore[arg-type]
    return list(csv.reader(StringIO(text)))


def test_it_says_in_words_who_did_what_from_where(cast: Cast) -> None:
    detail = {"before": {"role": "viewer"}, "after": {"role": "admin"}}
    record(
        cast.workspace,
        cast.alice,
        "member.role_changed",
        "bob@example.org",
        address="192.0.2.1",
        detail=detail,
    )
    page = cast.client(cast.alice).get(PAGE).content.decode()
    for words in ("Changed a member’s role", "bob@example.org", "192.0.2.1", "viewer → admin"):
        assert words in page
    assert "Alice &lt;alice@example.org&gt;" in page


def test_an_actor_without_account_is_named(cast: Cast) -> None:
    record(cast.workspace, None, "segment.created", "S", address=None)
    record(cast.workspace, None, "segment.created", "S", address=None, actor_text="REST key CI")
    texts = AuditEntry.objects.order_by("id").values_list("actor_text", flat=True)
    assert list(texts) == ["command line", "REST key CI"]


def test_long_names_are_cut_and_never_refused(cast: Cast) -> None:
    cast.alice.name = "n" * 120
    cast.alice.email = "e" * 240 + "@example.org"
    record(cast.workspace, cast.alice, "segment.created", "s" * 2000, address=None)
    assert len(AuditEntry.objects.get().target) == 300


def test_it_shows_nothing_of_another_workspace(cast: Cast) -> None:
    AuditEntryFactory.create(workspace=cast.other_workspace, target="secret plans")
    client = cast.client(cast.alice)
    assert "secret plans" not in client.get(PAGE).content.decode()
    assert "secret plans" not in str(_rows(client))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?person=BOB", ["two"]),
        ("?action=member.removed", ["two"]),
        ("?target=thr", ["three"]),
        ("?first_day=2026-05-13", ["three"]),
        ("?first_day=2026-05-12&last_day=2026-05-12", ["two"]),
        ("?last_day=2026-05-11", ["one"]),
        ("?first_day=0001-01-01&last_day=9999-12-31", ["three", "two", "one"]),
        ("?last_day=nonsense", ["three", "two", "one"]),
        ("?before=nonsense-1", ["three", "two", "one"]),
        ("?before=99999999999999999999999999-1", ["three", "two", "one"]),
    ],
)
def test_filters_stand_in_the_address(cast: Cast, query: str, expected: list[str]) -> None:
    make = AuditEntryFactory.create
    make(workspace=cast.workspace, at=NOON - timedelta(days=1), target="one")
    bob = {"actor_text": "Bob <bob@example.org>", "action": "member.removed"}
    make(workspace=cast.workspace, at=NOON, target="two", **bob)
    make(workspace=cast.workspace, at=NOON + timedelta(days=1), target="three")
    entries = cast.client(cast.alice).get(PAGE + query).context["entries"]
    assert [entry.target for entry, _words, _lines in entries] == expected


def test_a_day_is_one_of_the_workspaces_zone(cast: Cast) -> None:
    cast.workspace.time_zone = "Asia/Tokyo"
    cast.workspace.save()
    late = datetime(2026, 5, 12, 16, tzinfo=UTC)  # 13 May, 01:00 in Tokyo
    AuditEntryFactory.create(workspace=cast.workspace, at=late)
    client = cast.client(cast.alice)
    assert len(client.get(PAGE + "?first_day=2026-05-13").context["entries"]) == 1
    assert len(client.get(PAGE + "?last_day=2026-05-12").context["entries"]) == 0


@pytest.mark.embedded
def test_pages_go_on_where_the_last_ended_also_among_equal_times(cast: Cast) -> None:
    count = AUDIT_ENTRIES_PER_PAGE * 2 + 5
    AuditEntryFactory.create_batch(count, workspace=cast.workspace, at=NOON)
    client, seen, query = cast.client(cast.alice), [], ""
    while True:
        context = client.get(PAGE + query).context
        seen += [entry.pk for entry, _words, _lines in context["entries"]]
        if not context["older"]:
            break
        query = f"?before={context['older']}"
    assert len(seen) == len(set(seen)) == count
    assert seen == sorted(seen, reverse=True)


def test_the_export_follows_the_filters_and_is_itself_recorded(cast: Cast) -> None:
    AuditEntryFactory.create(workspace=cast.workspace, at=NOON, target="wanted")
    AuditEntryFactory.create(workspace=cast.workspace, at=NOON, target="other")
    client = cast.client(cast.alice)
    rows = _rows(client, "?target=wanted&before=1-1")
    assert rows[0] == list(audit_log.EXPORT_COLUMNS)
    assert [row[4] for row in rows[1:]] == ["wanted"]
    entry = AuditEntry.objects.get(action="audit_log.exported")
    assert entry.detail == {"filters": "target=wanted"} and entry.actor == cast.alice


def test_the_export_reads_in_chunks_and_is_bounded(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "EXPORT_CHUNK", 2)
    monkeypatch.setattr(audit_log, "MAX_EXPORTED_ENTRIES", 5)
    AuditEntryFactory.create_batch(7, workspace=cast.workspace)
    rows = list(audit_log.exported(audit_log.found(cast.workspace, AuditFilters(), UTC)))
    assert len(rows) == 1 + 5


def test_the_export_has_no_cell_that_a_spreadsheet_would_calculate(cast: Cast) -> None:
    AuditEntryFactory.create(workspace=cast.workspace, target='=HYPERLINK("http://evil")')
    cells = [cell for row in _rows(cast.client(cast.alice)) for cell in row]
    assert '\'=HYPERLINK("http://evil")' in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_the_first_use_says_what_it_is_for_and_a_filter_without_match_offers_a_way_back(
    cast: Cast,
) -> None:
    client = cast.client(cast.alice)
    assert "Nothing has been recorded yet" in client.get(PAGE).content.decode()
    page = client.get(PAGE + "?person=nobody").content.decode()
    assert "Nothing matches these filters" in page and "Clear filters" in page


# The writers of the audit log and the small functions that hand an action on to them.
WRITERS = {
    "record",
    "record_by",
    "record_for",
    "_record",
    "_audit",
    "note",
    "_saved",
    "_write_down",
}


def test_every_action_that_is_recorded_has_its_words() -> None:
    recorded = {
        action
        for source in sources(*PRODUCT)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        for action in _actions(node)
    }
    assert "segment.created" in recorded and "cohort.archived" in recorded
    missing = sorted(recorded - set(audit_words.ACTIONS))
    assert not missing, f"Add these to braze_partners/workspaces/audit_words.py: {missing}"


def _actions(call: ast.Call) -> Iterator[str]:
    if getattr(call.func, "id", getattr(call.func, "attr", "")) not in WRITERS:
        return
    for argument in call.args:
        for node in ast.walk(argument):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", text):
                yield text
