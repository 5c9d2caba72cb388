"""Finding people by an identifier or its beginning: what matches, in which order, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from braze_partners.people import byte_order, finding, searching
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from braze_partners.people.searching import By
from braze_partners.workspaces.models import Workspace
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)


@pytest.fixture
def workspace() -> Workspace:
    return WorkspaceFactory.create()


def make(workspace: Workspace, *people: NewPerson) -> list[int]:
    return create_profiles(workspace.pk, people, NOW)


def found(workspace: Workspace, text: str, by: By | None = None) -> list[tuple[int, str, str]]:
    matches = searching.page(workspace.pk, text, 50, by=by).found
    return [(match.number, match.by.value, match.text) for match in matches]


def pages(workspace: Workspace, text: str, size: int) -> Iterator[list[int]]:
    cursor = ""
    while True:
        matches = searching.page(workspace.pk, text, size, cursor=cursor)
        yield [match.number for match in matches.found]
        if matches.following is None:
            return
        cursor = matches.following


def test_every_identifier_finds_its_person_whole_and_by_its_beginning(workspace: Workspace) -> None:
    someone = NewPerson(
        "customer-77",
        aliases=[("crm", "A-1")],
        devices=[NewDevice("d-ios-9")],
        fields={"email": "Ann@x.org", "phone": "+33 612"},
    )
    make(workspace, NewPerson("other"), someone)
    for text, by in (
        ("customer-77", "external_id"),
        ("customer", "external_id"),
        ("crm:A-1", "alias"),
        ("crm:A", "alias"),
        ("A-1", "alias"),
        ("A-", "alias"),
        ("d-ios-9", "device"),
        ("d-i", "device"),
        ("device:d-i", "device"),
        (someone.braze_id, "braze_id"),
        (someone.braze_id[:20].upper(), "braze_id"),
        ("ANN@X.org", "email"),
        ("ann", "email"),
        ("+33 612", "phone"),
        ("+33", "phone"),
    ):
        assert [(number, how) for number, how, _ in found(workspace, text)] == [(1, by)], text
    assert found(workspace, "crm:A") == [(1, "alias", "crm:A-1")]
    assert found(workspace, "ann") == [(1, "email", "Ann@x.org")]


def test_a_whole_match_stands_before_what_only_begins_so(workspace: Workspace) -> None:
    make(workspace, NewPerson("ann-1"), NewPerson("ann-0"), NewPerson(devices=[NewDevice("ann")]))
    assert [number for number, _, _ in found(workspace, "ann")] == [2, 1, 0]


def test_one_kind_alone_can_be_asked_for(workspace: Workspace) -> None:
    make(workspace, NewPerson("k1"), NewPerson(devices=[NewDevice("k1")]))
    assert found(workspace, "k", By.DEVICE) == [(1, "device", "k1")]
    assert found(workspace, "k", By.EXTERNAL_ID) == [(0, "external_id", "k1")]
    assert found(workspace, "k", By.EMAIL) == []


def test_a_person_known_twice_stands_once_on_a_page(workspace: Workspace) -> None:
    make(workspace, NewPerson("ann", fields={"email": "ann@x.org"}, devices=[NewDevice("ann-x")]))
    assert found(workspace, "ann") == [(0, "external_id", "ann")]


def test_pages_lead_through_all_matches_of_all_kinds_once(workspace: Workspace) -> None:
    make(
        workspace,
        *[NewPerson(f"z{n:02}") for n in range(7)],
        *[NewPerson(devices=[NewDevice(f"z{n:02}")]) for n in range(7)],
        *[NewPerson(f"m{n}", fields={"email": "z@x.org"}) for n in range(7)],
    )
    listed = list(pages(workspace, "z", 4))
    assert [len(page) for page in listed] == [4, 4, 4, 4, 4, 1]
    assert sorted(number for page in listed for number in page) == list(range(21))


def test_the_same_address_of_many_is_paged_by_number(workspace: Workspace) -> None:
    make(workspace, *[NewPerson(f"u{n}", fields={"email": "a@x.org"}) for n in range(5)])
    assert list(pages(workspace, "A@X.org", 2)) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("odd", ["%", "_", "\\", "'", "é", "日本", "\U0010ffff", "a b", "İ", "Z"])
def test_odd_characters_are_no_wildcards(workspace: Workspace, odd: str) -> None:
    make(workspace, NewPerson(f"x{odd}1"), NewPerson("x-2"), NewPerson("xx"), NewPerson("y"))
    assert [number for number, _, _ in found(workspace, f"x{odd}")] == [0]


@pytest.mark.parametrize("nothing", ["", "  ", "\x00", "a\x00", "\ud800", "a" * 1001])
def test_what_nobody_can_be_called_finds_nobody(workspace: Workspace, nothing: str) -> None:
    make(workspace, NewPerson("a"))
    assert found(workspace, nothing) == []


def test_another_workspaces_people_are_never_found(workspace: Workspace) -> None:
    make(WorkspaceFactory.create(), NewPerson("ann", fields={"email": "ann@x.org"}))
    assert found(workspace, "ann") == []


@pytest.mark.parametrize(
    "cursor",
    [
        "?",
        "bm9uZQ",
        "WzEsMl0",
        "WzEsICJhXHUwMDAwIiwgMl0",
        "W10",
        pytest.param("W1tb" * 1_000, id="deep"),
    ],
)
def test_a_cursor_that_no_page_gave_is_refused(workspace: Workspace, cursor: str) -> None:
    with pytest.raises(searching.BadCursor):
        searching.page(workspace.pk, "a", 5, cursor=cursor)


def test_a_page_of_people_is_one_statement_and_two_for_who_they_are(workspace: Workspace) -> None:
    make(workspace, *[NewPerson(f"u{n}") for n in range(9)])
    with CaptureQueriesContext(connection) as queries:
        people, _ = finding.search(workspace.pk, "u", 5)
    assert [one.person.external_id for one in people] == ["u0", "u1", "u2", "u3", "u4"]
    assert len(queries) <= 4


def test_every_arm_is_answered_by_an_index() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the planner of PostgreSQL is asked")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        with CaptureQueriesContext(connection) as queries:
            searching.page(1, "0:a@b", 50)
            searching.page(1, "+0", 50)
            searching.page(1, "0a", 50)
        for query in queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Filter" not in re.sub(r"Filter: \(\w+ (IS NOT NULL|<> )", "", plan), plan
            assert plan.count("Index Cond") == query["sql"].count("arm_")


def test_nothing_begins_beyond_the_last_character() -> None:
    assert byte_order.beyond("ab") == "ac"
    assert byte_order.beyond("a\U0010ffff") == "b"
    assert byte_order.beyond("\ud7ff") == "\ue000"
    assert byte_order.beyond("\U0010ffff") is None
