"""The segment editor: what is posted, live figures, saving, and being refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.urls import reverse

from braze_partners.workspaces.models import Account, AuditEntry
from cohorts.segments import acts, editing, saving
from cohorts.segments.definition import dump
from cohorts.segments.models import Segment, SegmentSize, SegmentView
from tests.cast import Cast
from tests.segments.worlds import (
    NOW,
    World,
    any_of,
    cohort_filter,
    definition,
    has_external_id,
    segment_filter,
    world,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(10, anonymous={9}, workspace=cast.workspace)
    made.cohort("k3x9a7f2", {1, 2, 3})
    made.cohort("p81mz0qd", {3, 4, 9})
    made.cohort("99281", {5}, partner="mixpanel")
    return made


def make(made: World, name: str, *rows: Any, by: Account | None = None, **more: Any) -> Segment:
    draft = saving.Draft(name, definition=definition(*rows, **more))
    return saving.create(made.workspace, draft, by=by, now=NOW)


def address(name: str, *args: Any) -> str:
    return reverse(f"segments:{name}", args=["lumen", *args])


def posted(edited: editing.Edited, **more: Any) -> dict[str, Any]:
    """The fields of a form as the page would post them."""
    data: dict[str, Any] = {
        "name": edited.name,
        "description": edited.description,
        "tag": edited.tags,
        "row": [f"{row.key}:{row.section}" for row in edited.rows],
        "filter": [f"{row.key}:{one.key}:{one.kind}" for row in edited.rows for one in row.filters],
    }
    for one in edited.filters():
        data[f"operator-{one.key}"] = one.operator
        data[f"value-{one.key}"] = one.values
    return data | more


def form_of(*rows: Any, name: str = "Shoppers", exclude: Any = (), **more: Any) -> dict[str, Any]:
    return posted(editing.from_definition(definition(*rows, exclude=exclude), name), **more)


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content[:500]
    return str(response.content.decode())


def test_what_the_page_posts_is_read_as_it_was_shown() -> None:
    wanted = definition(
        [cohort_filter("a", "b"), has_external_id()],
        any_of("x:y", "ü"),
        exclude=[segment_filter("7b0f1a52-6d5f-4d3b-9d59-3f1d8ad2b4c1")],
    )
    shown = editing.from_definition(wanted, "Name", "One\nTwo", ["A"])
    query = QueryDict(mutable=True)
    for name, value in posted(shown).items():
        query.setlist(name, value if isinstance(value, list) else [value])
    read = editing.read(query)
    assert read.to_data() == dump(wanted)
    assert editing.unsaved(read, shown) == 0
    assert (read.name, read.description, read.tags) == ("Name", "One\nTwo", ["A"])


@pytest.mark.parametrize(
    ("act", "fields", "rows"),
    [
        ("add:all", {"add-all": "segment"}, [["cohort.amplitude"], ["segment"]]),
        ("add:all", {}, [["cohort.amplitude"]]),
        ("add:nowhere", {"add-nowhere": "segment"}, [["cohort.amplitude"]]),
        ("or:r1:external_user_id", {}, [["cohort.amplitude", "external_user_id"]]),
        ("remove:r1f1", {}, []),
        ("remove:r9f9", {}, [["cohort.amplitude"]]),
        ("nonsense", {}, [["cohort.amplitude"]]),
    ],
)
def test_one_act_changes_the_rows(act: str, fields: dict[str, str], rows: list[Any]) -> None:
    edited = editing.from_definition(definition(cohort_filter("a")))
    query = QueryDict(mutable=True)
    query.update(fields)
    acts.apply(edited, act, query)
    assert [[each.kind for each in row.filters] for row in edited.rows] == rows


def test_rows_move_within_their_section() -> None:
    edited = editing.from_definition(
        definition(cohort_filter("a"), cohort_filter("b"), exclude=[cohort_filter("c")])
    )

    def after(act: str) -> list[str]:
        acts.apply(edited, act, QueryDict())
        return [row.key for row in edited.rows]

    assert after("down:r1") == ["r2", "r1", "r3"]
    assert after("down:r1") == ["r2", "r1", "r3"]
    assert after("up:r1") == ["r1", "r2", "r3"]
    assert after("up:r3") == ["r1", "r2", "r3"]
    assert edited.focus == "grip-r3"


def test_unsaved_changes_are_counted_by_thing() -> None:
    saved = editing.from_definition(
        definition(cohort_filter("a"), cohort_filter("b"), cohort_filter("c")), "Name", "", ["A"]
    )

    def changed(*rows: Any, name: str = "Name", tags: tuple[str, ...] = ("A",)) -> int:
        edited = editing.from_definition(definition(*rows), name, "", tags)
        return editing.unsaved(edited, saved)

    a, b, c = (cohort_filter(each) for each in "abc")
    assert changed(a, b, c) == 0
    assert changed(c, a, b) == changed(a, b) == changed(a, b, c, a) == changed(a, a, c) == 1
    assert changed(a, b, c, name="Other", tags=("A", "B")) == 2


def test_a_segment_is_created_with_its_protecting_rows(cast: Cast, lumen: World) -> None:
    inner = make(lumen, "Inner", cohort_filter("p81mz0qd"))
    data = form_of(
        cohort_filter("k3x9a7f2"),
        cohort_filter("99281", partner="mixpanel", operator="does_not_include"),
        exclude=[segment_filter(inner.pk)],
        tag=["Retention"],
        description="Why",
    )
    answer = cast.client(cast.bob).post(address("create"), data | {"act": "save"})
    segment = Segment.objects.get(name="Shoppers")
    assert answer["Location"] == address("detail", segment.pk)
    assert {use.cohort.cohort_id for use in segment.uses_cohorts.all()} == {"k3x9a7f2", "99281"}
    assert segment.uses_segments.get().used == inner
    assert [tag.name for tag in segment.tags.all()] == ["Retention"]
    assert SegmentSize.objects.get(segment=segment).size == 2
    assert segment.created_by == cast.bob
    entry = AuditEntry.objects.get(action="segment.created")
    assert (entry.target, entry.actor) == ("Shoppers", cast.bob)


def test_the_page_shows_rows_funnel_and_choices(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Shoppers", cohort_filter("k3x9a7f2"), exclude=[any_of("usr_1")])
    page = text(cast.client(cast.bob).get(address("detail", segment.pk)))
    assert "[Amplitude] Cohort k3x9a7f2: k3x9a7f2" in page
    assert "Exact Statistics Calculated" in page
    assert "Mixpanel Cohorts" in page and "Segment Membership" in page
    assert "<b>3</b>(30.0%)" in page
    assert 'value="r2:exclude"' in page


def test_creating_can_begin_with_a_cohort(cast: Cast, lumen: World) -> None:
    client = cast.client(cast.bob)
    cohort = lumen.workspace.cohorts.get(cohort_id="k3x9a7f2")
    page = text(client.get(address("create"), {"cohort": cohort.pk}))
    assert 'value="Cohort k3x9a7f2"' in page and "[Amplitude] Cohort k3x9a7f2: k3x9a7f2" in page
    assert "r1f1" not in text(client.get(address("create"), {"cohort": "9999999"}))


def test_the_preview_counts_what_is_complete(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    edited = editing.from_definition(
        definition(cohort_filter("k3x9a7f2"), cohort_filter("p81mz0qd")), "Shoppers"
    )
    edited.rows[1].filters.append(editing.EditedFilter("r2f2", "segment", "includes"))
    edited.rows.append(
        editing.EditedRow("r3", "all", [editing.EditedFilter("r3f1", "segment", "includes")])
    )
    client = cast.client(cast.bob)
    htmx = {"HX-Request": "true"}
    page = text(
        client.post(address("preview"), posted(edited, segment=str(segment.pk)), headers=htmx)
    )
    assert "−2 by your edit" in page and "2 unsaved changes" in page
    assert 'id="funnel-r2"' in page and "Choose a value to count this row" in page
    assert "filter-list" not in page
    rows = text(client.post(address("preview"), posted(edited, act="remove:r3f1"), headers=htmx))
    assert "filter-list" in rows and "r3f1" not in rows
    assert Segment.objects.get().version == 1
    assert client.post(address("preview")).status_code == 405


def test_a_preview_of_nonsense_still_answers(cast: Cast, lumen: World) -> None:
    client = cast.client(cast.bob)
    nonsense = {
        "row": ["r1:all", "r2:elsewhere", "x"],
        "filter": ["r1:f1:segment", "r1:f2:what", "r9:f3:segment", ":::", "r1:f4:cohort.nobody"],
        "value-f1": ["no uuid"],
        "operator-f4": "includes",
        "value-f4": ["a\x00b", "c"],
    }
    page = text(client.post(address("preview"), nonsense, headers={"HX-Request": "true"}))
    assert "<b>10</b>" in page


def test_acts_work_without_scripts(cast: Cast, lumen: World) -> None:
    client = cast.client(cast.bob)
    data = {"name": "New", "act": "add:all", "add-all": "cohort.amplitude"}
    page = text(client.post(address("create"), data))
    assert 'value="r1:r1f1:cohort.amplitude"' in page and 'name="typed-r1f1"' in page
    data = {
        "name": "New",
        "row": "r1:all",
        "filter": "r1:r1f1:cohort.amplitude",
        "operator-r1f1": "includes",
        "typed-r1f1": "k3x9a7f2",
        "typed-tag": "A, B",
        "act": "save",
    }
    client.post(address("create"), data)
    segment = Segment.objects.get(name="New")
    assert segment.uses_cohorts.count() == 1 and segment.tags.count() == 2
    page = text(client.post(address("save", segment.pk), data | {"act": "exclude"}))
    assert "EXCLUDE" in page


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([cohort_filter("gone")], "There is no cohort “gone” of this partner."),
        (
            [segment_filter("7b0f1a52-6d5f-4d3b-9d59-3f1d8ad2b4c1")],
            "There is no segment “7b0f1a52-6d5f-4d3b-9d59-3f1d8ad2b4c1”.",
        ),
    ],
)
def test_an_error_stands_beside_its_filter(
    cast: Cast, lumen: World, rows: list[Any], told: str
) -> None:
    data = form_of(has_external_id(), *rows, act="save")
    page = text(cast.client(cast.bob).post(address("create"), data), 422)
    assert 'id="error-r2f1"' in page and told in page and 'id="error-r1f1"' not in page
    assert Segment.objects.count() == 0


def test_a_filter_without_a_value_is_refused_on_save(cast: Cast, lumen: World) -> None:
    data = {"name": "x", "row": "r1:all", "filter": "r1:f1:segment", "operator-f1": "includes"}
    page = text(cast.client(cast.bob).post(address("create"), data), 422)
    assert "Choose at least one value, or take this filter away." in page


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "  "}, "Enter a name for the segment."),
        ({"name": "Taken"}, "Another segment has this name."),
        ({"name": "x" * 256}, "Enter at most 255 characters."),
        ({"description": "x" * 2001}, "Enter at most 2000 characters."),
        ({"tag": ["x" * 61]}, "Enter at most 60 characters."),
        ({"tag": [str(n) for n in range(21)]}, "Choose at most 20 tags."),
        ({"name": "a\x00b"}, "Remove the characters"),
    ],
)
def test_an_error_stands_beside_its_field(
    cast: Cast, lumen: World, fields: dict[str, Any], told: str
) -> None:
    make(lumen, "Taken")
    page = text(cast.client(cast.bob).post(address("create"), form_of(act="save") | fields), 422)
    assert told in page
    assert Segment.objects.count() == 1


def test_saving_what_somebody_changed_meanwhile_tells_who(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    mine = form_of(cohort_filter("p81mz0qd"), name="Mine", act="save", version="1")
    theirs = form_of(name="Theirs", act="save", version="1")
    cast.client(cast.alice).post(address("save", segment.pk), theirs)
    client = cast.client(cast.bob)
    page = text(client.post(address("save", segment.pk), mine), 409)
    assert "Alice saved this segment" in page and 'name="version" value="2"' in page
    assert 'value="Mine"' in page
    segment.refresh_from_db()
    assert (segment.name, segment.version) == ("Theirs", 2)
    client.post(address("save", segment.pk), mine | {"version": "2"})
    segment.refresh_from_db()
    assert (segment.name, segment.version) == ("Mine", 3)


def test_an_edit_moves_the_protecting_rows(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Shoppers", cohort_filter("k3x9a7f2", "p81mz0qd"))
    data = form_of(cohort_filter("p81mz0qd"), act="save", version="1")
    answer = cast.client(cast.bob).post(address("save", segment.pk), data)
    assert answer.status_code == 302
    assert segment.uses_cohorts.get().cohort.cohort_id == "p81mz0qd"
    assert AuditEntry.objects.filter(action="segment.edited").count() == 1
    refused = cast.client(cast.bob).get(address("save", segment.pk))
    assert refused["Location"] == address("detail", segment.pk)


def test_changes_since_last_viewed_are_told_once_to_each(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Shoppers", cohort_filter("k3x9a7f2"), by=cast.alice)
    bob = cast.client(cast.bob)
    page = address("detail", segment.pk)
    assert "Since Last Viewed" not in text(bob.get(page))
    for version, rows in ((1, [cohort_filter("p81mz0qd")]), (2, [])):
        data = form_of(*rows, act="save", version=str(version), tag=["New"])
        cast.client(cast.alice).post(address("save", segment.pk), data)
    seen = text(bob.get(page))
    assert "2 Changes Since Last Viewed" in seen
    told = text(bob.get(address("changes", segment.pk)))
    assert "<del>Amplitude Cohorts includes Cohort p81mz0qd</del> → <ins>Everyone</ins>" in told
    assert "<del>—</del> → <ins>New</ins>" in told
    assert "Since Last Viewed" not in text(bob.get(page))
    assert SegmentView.objects.get(account=cast.alice).version == 3


def test_values_are_offered_while_somebody_types(cast: Cast, lumen: World) -> None:
    own = make(lumen, "Own")
    make(lumen, "Other")
    client = cast.client(cast.charlie)

    def offered(**query: str) -> str:
        return text(client.get(address("options"), query))

    found = offered(kind="cohort.amplitude", q="K3X")
    assert 'data-value="k3x9a7f2"' in found and "p81mz0qd" not in found
    assert "99281" not in offered(kind="cohort.amplitude")
    assert 'data-label="[Mixpanel] Cohort 99281: 99281"' in offered(kind="cohort.mixpanel")
    assert "Nothing has this name" in offered(kind="cohort.amplitude", q="zzz")
    segments = offered(kind="segment", own=str(own.pk))
    assert "Other" in segments and "Own" not in segments


def test_a_cohort_is_found_by_words_in_any_order_or_by_its_whole_label(
    cast: Cast, lumen: World
) -> None:
    def offered(typed: str) -> str:
        given = {"kind": "cohort.amplitude", "q": typed}
        return text(cast.client(cast.bob).get(address("options"), given))

    label = "[Amplitude] Cohort k3x9a7f2: k3x9a7f2"
    for typed in (label, "k3x cohort", "COHORT K3X9", "k3x9a7f2:"):
        assert 'data-value="k3x9a7f2"' in offered(typed), typed
        assert 'data-value="p81mz0qd"' not in offered(typed), typed
    assert "Nothing has this name or ID." in offered("cohort nothing")


def test_many_values_are_cut_and_counted(cast: Cast, lumen: World) -> None:
    for at in range(25):
        lumen.cohort(f"many{at}", set())
    page = text(cast.client(cast.bob).get(address("options"), {"kind": "cohort.amplitude"}))
    assert page.count('role="option"') == 20 and "7 more" in page
