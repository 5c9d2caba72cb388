"""Filters on what profiles hold: their form, days, names, and how they are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils.translation import override

from braze_partners.people import limits as people_limits
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from braze_partners.supervisor.translating import compile_translations
from cohorts.segments import editing, evaluation, explanation, saving, wording
from cohorts.segments.definition import Definition, dump, parse
from cohorts.segments.errors import DefinitionRefused
from cohorts.segments.planning import Known, stored
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient
from tests.segments.worlds import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
SECRET = "brk_" + "f" * 43


def attribute(name: str, value_type: str, operator: str, *values: Any) -> dict[str, Any]:
    data = {"type": "attribute", "attribute": name, "value_type": value_type, "operator": operator}
    return data | ({"values": list(values)} if values else {})


def on(kind: str, operator: str, *values: Any) -> dict[str, Any]:
    data = {"type": kind, "operator": operator}
    return data | ({"values": list(values)} if values else {})


def one(condition: dict[str, Any]) -> Definition:
    return parse({"all": [{"any": [condition]}]})


# Each filter, its words in English, and who of the people below matches.
EVERY = [
    (on("email", "is_set"), "E-mail Address is set", {"ann"}),
    (on("email", "is_not_set"), "E-mail Address is not set", {"ben", "cy"}),
    (on("push_enabled", "is", True), "Push Enabled is true", {"ben"}),
    (on("push_enabled", "is", False), "Push Enabled is false", {"ann", "cy"}),
    (on("country", "is_any_of", "FR", "be"), "Country is any of France or Belgium", {"ann"}),
    (on("country", "is_not_any_of", "FR"), "Country is not any of France", {"ben", "cy"}),
    (on("country", "is_set"), "Country is set", {"ann", "ben"}),
    (on("language", "is_any_of", "FR"), "Language is any of French", {"ann"}),
    (on("created", "on", "2026-05-12"), "Profile Created is on 12 May 2026", {"ann", "ben", "cy"}),
    (on("created", "before", "2026-05-12"), "Profile Created is before 12 May 2026", set()),
    (
        on("created", "between", "2026-05-01", "2026-05-12"),
        "Profile Created is between 1 May 2026 and 12 May 2026",
        {"ann", "ben", "cy"},
    ),
    (on("last_active", "after", "2026-05-09"), "Last Active is after 9 May 2026", {"ann"}),
    (on("last_active", "before", "2026-05-09"), "Last Active is before 9 May 2026", {"ben"}),
    (on("last_active", "is_not_set"), "Last Active is not set", {"cy"}),
    (attribute("plan", "text", "is_any_of", "gold"), "plan is any of gold", {"ann"}),
    (attribute("plan", "text", "is_not_any_of", "gold"), "plan is not any of gold", {"ben", "cy"}),
    (attribute("plan", "text", "contains", "l"), "plan contains l", {"ann", "ben"}),
    (attribute("plan", "text", "starts_with", "si"), "plan starts with si", {"ben"}),
    (attribute("visits", "number", "more_than", 2), "visits is more than 2", {"ann"}),
    (attribute("visits", "number", "at_least", 2), "visits is at least 2", {"ann", "ben"}),
    (attribute("visits", "number", "less_than", 2.5), "visits is less than 2.5", {"ben"}),
    (attribute("visits", "number", "is_not", 2), "visits is not 2", {"ann", "cy"}),
    (attribute("visits", "number", "is_not_set"), "visits is not set", {"cy"}),
    (attribute("vip", "boolean", "is", True), "vip is true", {"ann"}),
    (attribute("vip", "boolean", "is", False), "vip is false", {"ben"}),
    (attribute("vip", "boolean", "is_not", True), "vip is not true", {"ben", "cy"}),
    (attribute("renews", "date", "on", "2026-05-12"), "renews is on 12 May 2026", {"ann"}),
    (attribute("tags", "array", "is_set"), "tags is set", {"ann"}),
]


@pytest.fixture
def people(cast: Cast) -> dict[str, int]:
    """Numbers by name."""
    made = [
        NewPerson(
            "ann",
            fields={
                "email": "ann@x.org",
                "country": "FR",
                "language": "fr",
                "last_session_at": datetime(2026, 5, 10, tzinfo=UTC),
            },
            attributes={
                "plan": "gold",
                "visits": 3.0,
                "vip": True,
                "renews": datetime(2026, 5, 12, 8, tzinfo=UTC),
                "tags": ["a"],
            },
        ),
        NewPerson(
            "ben",
            fields={"country": "DE", "last_session_at": datetime(2026, 5, 8, tzinfo=UTC)},
            devices=[NewDevice("d1"), NewDevice("d2", push_enabled=True)],
            attributes={"plan": "silver", "visits": 2.0, "vip": False},
        ),
        NewPerson("cy"),
    ]
    numbers = create_profiles(cast.workspace.pk, made, NOW)
    return dict(zip(("ann", "ben", "cy"), numbers, strict=True))


def told(each: object) -> str:
    """Sets in one order, so that all processes of a run call a test the same."""
    return str(sorted(each) if isinstance(each, set) else each)[:60]


@pytest.mark.parametrize(("condition", "words", "names"), EVERY, ids=told)
def test_every_filter_is_read_said_counted_and_explained(
    cast: Cast,
    people: dict[str, int],
    condition: dict[str, Any],
    words: str,
    names: set[str],
) -> None:
    wanted = one(condition)
    assert parse(dump(wanted)) == wanted
    assert wording.say_whole(wanted, Known()) == words
    found = evaluation.members(cast.workspace.pk, wanted, -1, 10)
    assert set(found) == {people[name] for name in names}
    for name, number in people.items():
        (step,) = explanation.explain(cast.workspace.pk, wanted, number).steps
        assert step.true == (name in names)
        assert step.fact is not None


@pytest.mark.parametrize(("condition", "_words", "_names"), EVERY, ids=told)
def test_the_editor_keeps_every_filter_as_it_was(
    condition: dict[str, Any], _words: str, _names: set[str]
) -> None:
    wanted = one(condition)
    edited = editing.from_definition(wanted)
    assert parse(edited.to_data()) == wanted
    assert editing.unsaved(edited, editing.from_definition(wanted)) == 0


@pytest.mark.parametrize(
    ("condition", "path", "text"),
    [
        (on("country", "is"), "operator", "is_any_of"),
        (on("country", "is_any_of", "France"), "values[0]", "ISO 3166-1"),
        (on("language", "is_any_of", 7), "values[0]", "ISO 639-1"),
        (on("country", "is_any_of"), "values", "at least one"),
        (on("email", "is_set", "x"), "values", "absent"),
        (on("push_enabled", "is", "true"), "values[0]", "true or false"),
        (on("push_enabled", "is", True, False), "values", "exactly 1"),
        (on("created", "on", "12 May"), "values[0]", "2026-05-12"),
        (on("created", "on", "2026-02-30"), "values[0]", "2026-05-12"),
        (on("created", "between", "2026-05-12"), "values", "exactly 2"),
        (on("created", "between", "2026-05-12", "2026-05-01"), "values", "earlier"),
        (attribute("", "text", "is_set"), "attribute", "name"),
        (attribute("plan", "string", "is_set"), "value_type", "text"),
        (attribute("plan", "text", "more_than", 2), "operator", "contains"),
        (attribute("visits", "number", "is", "2"), "values[0]", "number"),
        (attribute("visits", "number", "is", True), "values[0]", "number"),
        (attribute("visits", "number", "is", float("nan")), "values[0]", "number"),
        (attribute("visits", "number", "is", 10**400), "values[0]", "number"),
        (attribute("plan", "text", "is_any_of", "a\x00"), "values[0]", "text"),
        ({**on("country", "is_set"), "attribute": "x"}, "attribute", "not known"),
    ],
    ids=lambda each: str(each)[:60],
)
def test_a_mistake_is_told_with_its_place(condition: dict[str, Any], path: str, text: str) -> None:
    with pytest.raises(DefinitionRefused) as refused:
        one(condition)
    told = {each.path: each.text for each in refused.value.problems}
    assert text in told[f"all[0].any[0].{path}"]


def test_a_day_is_a_day_of_the_workspace(cast: Cast) -> None:
    """Created at 23:30 in Paris, which is the evening before in UTC's eyes, and the other way."""
    cast.workspace.time_zone = "Europe/Paris"
    cast.workspace.save()
    late = datetime(2026, 5, 11, 22, 30, tzinfo=UTC)  # 00:30 on the 12th
    create_profiles(cast.workspace.pk, [NewPerson("a")], late)
    create_profiles(cast.workspace.pk, [NewPerson("b")], late - timedelta(hours=1))
    assert evaluation.size(cast.workspace.pk, one(on("created", "on", "2026-05-12"))) == 1
    assert evaluation.size(cast.workspace.pk, one(on("created", "after", "2026-05-11"))) == 1
    assert evaluation.size(cast.workspace.pk, one(on("created", "before", "2026-05-12"))) == 1


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (attribute("plan", "text", "is_set"), "nobody here has had an attribute “plan”"),
        (attribute("visits", "text", "is_set"), "“visits” is of type number, not text"),
    ],
)
def test_an_unknown_attribute_or_type_is_refused_on_save(
    cast: Cast, condition: dict[str, Any], text: str
) -> None:
    person = NewPerson("a", attributes={"visits": 1.0})
    create_profiles(cast.workspace.pk, [person], NOW)
    with pytest.raises(DefinitionRefused) as refused:
        draft = saving.Draft("x", definition=one(condition))
        saving.create(cast.workspace, draft, by=None, now=NOW)
    assert refused.value.problems[0].text == text


def test_an_attribute_of_another_workspace_is_unknown(cast: Cast, people: dict[str, int]) -> None:
    wanted = one(attribute("plan", "text", "is_set"))
    with pytest.raises(DefinitionRefused):
        draft = saving.Draft("x", definition=wanted)
        saving.create(cast.other_workspace, draft, by=None, now=NOW)
    assert evaluation.size(cast.other_workspace.pk, wanted) == 0


def test_words_are_french_for_a_french_reader(settings: Any, tmp_path: Path) -> None:
    place = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    place.parent.mkdir(parents=True)
    place.write_bytes((Path(settings.LOCALE_PATHS[0]) / place.relative_to(tmp_path)).read_bytes())
    compile_translations(tmp_path)
    settings.LOCALE_PATHS = [tmp_path]
    with override("fr"):
        days = one(on("created", "between", "2026-05-01", "2026-05-12"))
        assert wording.say_whole(days, Known()) == (
            "Profil créé est entre 1 mai 2026 et 12 mai 2026"
        )
        number = one(attribute("visits", "number", "less_than", 2.5))
        assert wording.say_whole(number, Known()) == "visits est inférieur à 2,5"
        assert wording.say_whole(one(on("language", "is_any_of", "fr")), Known()).endswith(
            "Français"
        )


def test_reach_is_counted_by_channel(cast: Cast) -> None:
    push = [NewDevice("d1", push_enabled=True)]
    silent = [NewDevice("d2", push_enabled=True)]
    made = [
        NewPerson("a", fields={"email": "a@x.org", "phone": "1"}, devices=push),
        NewPerson("b", fields={"push_subscribe": "unsubscribed"}, devices=silent),
        NewPerson("c", fields={"email": "c@x.org", "email_subscribe": "unsubscribed"}),
        NewPerson("d", fields={"phone": "2"}),
    ]
    create_profiles(cast.workspace.pk, made, NOW)
    reach = evaluation.funnel(cast.workspace.pk, Definition()).reach
    assert reach is not None
    assert (reach.push, reach.email, reach.sms, reach.anyhow) == (1, 1, 2, 2)


# Screens and REST while a first answer is counted in the background.


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, people: dict[str, int]) -> None:
    monkeypatch.setattr(people_limits, "COUNTED_AT_ONCE_BLOCKS", 0)


def test_screens_tell_what_is_still_counted(cast: Cast, slow: None) -> None:
    draft = saving.Draft("French", definition=one(on("country", "is_any_of", "FR")))
    segment = saving.create(cast.workspace, draft, by=cast.bob, now=NOW)
    client = cast.client(cast.bob)

    def page(name: str, *args: Any, **query: str) -> str:
        found = client.get(reverse(f"segments:{name}", args=["lumen", *args]), query)
        assert found.status_code == 200
        return str(found.content.decode())

    assert "Counting a filter for the first time: 0%" in page("detail", segment.pk)
    assert "French" in page("list")
    for name in ("members", "quick_view"):
        assert "counted for the first time" in page(name, segment.pk)
    assert "counted for the first time" in page("look_up", segment.pk, person="ann")


def test_a_rest_caller_is_told_when_to_ask_again(cast: Cast, slow: None) -> None:
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=["segments.read"])
    asked = {"definition": dump(one(on("country", "is_any_of", "FR")))}
    answer = KeyClient(SECRET).call("POST", "/api/v1/segments/size", asked)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_a_segment_with_every_filter_is_edited_on_screen(
    cast: Cast, people: dict[str, int]
) -> None:
    data = {"all": [{"any": [condition]} for condition, _words, _names in EVERY]}
    draft = saving.Draft("Every", definition=parse(data))
    segment = saving.create(cast.workspace, draft, by=cast.bob, now=NOW)
    page = cast.client(cast.bob).get(reverse("segments:detail", args=["lumen", segment.pk]))
    html = page.content.decode()
    for words in ("Push Enabled", 'value="number.visits" selected', 'type="date"', "Belgium"):
        assert words in html
    assert stored(segment) == parse(data)
    viewer = cast.client(cast.charlie).get(reverse("segments:detail", args=["lumen", segment.pk]))
    assert "12 May 2026" in viewer.content.decode()


def test_choosing_another_attribute_gives_the_operators_of_its_type(
    cast: Cast, people: dict[str, int]
) -> None:
    posted = {
        "name": "x",
        "row": "r1:all",
        "filter": "r1:r1f1:attribute",
        "subject-r1f1": "number.visits",
        "operator-r1f1": "contains",
        "value-r1f1": "2",
        "act": "focus:operator-r1f1",
    }
    address = reverse("segments:preview", args=["lumen"])
    page = cast.client(cast.bob).post(address, posted, headers={"HX-Request": "true"})
    html = page.content.decode()
    assert '<option value="more_than">' in html
    assert 'value="contains"' not in html
    assert 'type="number"' in html


@pytest.mark.parametrize(
    ("kind", "typed", "found"),
    [("country", "fran", "France"), ("country", "be", "Belgium"), ("language", "fren", "French")],
)
def test_countries_and_languages_are_found_by_name_or_code(
    cast: Cast, kind: str, typed: str, found: str
) -> None:
    address = reverse("segments:options", args=["lumen"])
    page = cast.client(cast.bob).get(address, {"kind": kind, "q": typed})
    assert f'data-label="{found}"' in page.content.decode()
