"""Kept answers tell what the profiles tell, whatever happened to them, and how old that is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from braze_partners.people import activity, answers, changed, changing, limits, tasks, upserts
from braze_partners.people.changes import By, Change, Remove, Set, Who
from braze_partners.people.errors import StillCounting
from braze_partners.people.models import (
    Answer,
    Attribute,
    ChangedFacet,
    ChangeHead,
    NumberCounter,
    Profile,
    ProfileChange,
)
from braze_partners.people.numbers import BLOCK_SIZE
from braze_partners.people.profiles import NewDevice, NewPerson, delete_profiles
from braze_partners.people.questions import REACH, Comparison, Question, Subject, read
from braze_partners.workspaces.models import Workspace
from tests.people.factories import ProfileFactory
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def told(workspace: Workspace, question: Question) -> set[int]:
    """What is kept, after a worker's periodic work."""
    answers.keep_up(workspace.pk)
    blocks = answers.read(workspace.pk, [question]).by_question[question]
    alive = set(Profile.objects.filter(workspace=workspace).values_list("number", flat=True))
    return {number for bits in blocks.values() for number in bits} & alive


def attribute_question(
    workspace: Workspace, name: str, test: Comparison, *values: Any
) -> Question | None:
    attribute = Attribute.objects.filter(workspace=workspace, name=name).first()
    if attribute is None:
        return None
    return Question(Subject.ATTRIBUTE, test, values, attribute.pk, attribute.column)


# What each question means, said once more on objects.
def _attribute(name: str, test: Callable[[Any], bool]) -> Callable[[Profile], bool]:
    return lambda one: any(
        test(value.value) for value in one.attributes.all() if value.attribute.name == name
    )


MEANT: list[tuple[Callable[[Workspace], Question | None], Callable[[Profile], bool]]] = [
    (lambda w: Question(Subject.EMAIL), lambda one: one.email != ""),
    (
        lambda w: Question(Subject.PUSH_ENABLED),
        lambda one: any(device.push_enabled for device in one.devices.all()),
    ),
    (
        lambda w: Question(Subject.COUNTRY, Comparison.ANY_OF, ("FR", "BE")),
        lambda one: one.country in ("FR", "BE"),
    ),
    (lambda w: Question(Subject.LANGUAGE), lambda one: one.language != ""),
    (
        lambda w: Question(Subject.CREATED, Comparison.WITHIN, (micros(NOW), micros(NOW) + 1)),
        lambda one: one.created_at == NOW,
    ),
    (
        lambda w: Question(Subject.LAST_ACTIVE, Comparison.BELOW, (micros(NOW),)),
        lambda one: one.last_active_at is not None and one.last_active_at < NOW,
    ),
    (
        lambda w: Question(Subject.REACH_PUSH),
        lambda one: (
            one.push_subscribe != "unsubscribed"
            and any(device.push_enabled for device in one.devices.all())
        ),
    ),
    (
        lambda w: Question(Subject.REACH_EMAIL),
        lambda one: one.email != "" and one.email_subscribe != "unsubscribed",
    ),
    (lambda w: Question(Subject.REACH_SMS), lambda one: one.phone != ""),
    (
        lambda w: attribute_question(w, "plan", Comparison.ANY_OF, "gold"),
        _attribute("plan", lambda value: value == "gold"),
    ),
    (
        lambda w: attribute_question(w, "plan", Comparison.CONTAINS, "ol"),
        _attribute("plan", lambda value: "ol" in value),
    ),
    (
        lambda w: attribute_question(w, "plan", Comparison.STARTS_WITH, "go"),
        _attribute("plan", lambda value: value.startswith("go")),
    ),
    (
        lambda w: attribute_question(w, "visits", Comparison.AT_LEAST, 2),
        _attribute("visits", lambda value: value >= 2),
    ),
    (
        lambda w: attribute_question(w, "vip", Comparison.ANY_OF, True),
        _attribute("vip", lambda value: value is True),
    ),
    (
        lambda w: attribute_question(w, "renews", Comparison.BELOW, micros(NOW)),
        _attribute("renews", lambda value: value < NOW),
    ),
    (
        lambda w: attribute_question(w, "renews", Comparison.PRESENT),
        _attribute("renews", lambda _v: True),
    ),
]

people = st.sampled_from(["a", "b", "c"])
fields = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["a@x.org", ""]),
        "phone": st.sampled_from(["123", ""]),
        "country": st.sampled_from(["FR", "DE", ""]),
        "language": st.sampled_from(["fr", ""]),
        "email_subscribe": st.sampled_from(["unsubscribed", "opted_in"]),
        "push_subscribe": st.sampled_from(["unsubscribed", "opted_in"]),
        "last_session_at": st.sampled_from([NOW - timedelta(1), NOW + timedelta(1)]),
    },
)
values = st.fixed_dictionaries(
    {},
    optional={
        "plan": st.sampled_from(["gold", "old gold", "Gold", "é%_"]),
        "visits": st.sampled_from([1.0, 2.0, 2.5]),
        "vip": st.booleans(),
        "renews": st.sampled_from([NOW - timedelta(1), NOW, NOW + timedelta(1)]),
    },
)
push = st.sampled_from([None, True, False])
operations = st.one_of(
    st.tuples(st.just("track"), people, fields, values, push),
    st.tuples(st.just("csv"), people, fields, values, push),
    st.tuples(st.just("forget"), people, st.sampled_from(["plan", "visits", "vip", "renews"])),
    st.tuples(st.just("seen"), people, st.integers(-1, 1)),
    st.tuples(st.just("delete"), people),
    st.tuples(st.just("look")),
)


def _told(custom: dict[str, Any]) -> dict[str, Any]:
    """As JSON would tell it."""
    return {
        name: Set(value.isoformat() if isinstance(value, datetime) else value)
        for name, value in custom.items()
    }


def _device(person: str, enabled: bool | None) -> list[NewDevice]:
    return [] if enabled is None else [NewDevice(f"device-{person}", enabled)]


def do(workspace: Workspace, operation: tuple[Any, ...]) -> None:
    match operation:
        case ("track", person, columns, custom, _push):
            change = Change(Who(By.EXTERNAL_ID, person), fields=columns, attributes=_told(custom))
            changing.apply(workspace.pk, [change], NOW, also=lambda _people: None)
        case ("csv", person, columns, custom, enabled):
            devices = _device(person, enabled)
            known = Profile.objects.filter(
                workspace=workspace, devices__device_id=f"device-{person}"
            )
            new = NewPerson(person, fields=columns, attributes=custom)
            new.devices = [] if known.exists() else devices
            upserts.upsert(workspace.pk, [new], NOW - timedelta(1))
        case ("forget", person, name):
            change = Change(Who(By.EXTERNAL_ID, person), attributes={name: Remove()})
            changing.apply(workspace.pk, [change], NOW, also=lambda _people: None)
        case ("seen", person, days):
            moment = micros(NOW + timedelta(days)) // 1_000
            activity.seen(workspace.pk, {person: moment}, {}, {})
        case ("delete", person):
            found = Profile.objects.filter(workspace=workspace, external_id=person)
            delete_profiles(workspace.pk, list(found.values_list("number", flat=True)), NOW)
        case _:
            check(workspace)


def check(workspace: Workspace) -> None:
    rows = Profile.objects.filter(workspace=workspace)
    everyone = list(rows.prefetch_related("devices", "attributes__attribute"))
    for ask, meant in MEANT:
        if question := ask(workspace):
            expected = {one.number for one in everyone if meant(one)}
            assert told(workspace, question) == expected, question


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(operations, max_size=12))
def test_whatever_happens_to_people_the_answers_follow(happened: list[tuple[Any, ...]]) -> None:
    workspace = WorkspaceFactory.create()
    for operation in happened:
        do(workspace, operation)
    check(workspace)


GERMANS = Question(Subject.COUNTRY, Comparison.ANY_OF, ("DE",))


def numbers(workspace: Workspace, question: Question = GERMANS) -> set[int]:
    blocks = answers.read(workspace.pk, [question]).by_question[question]
    return {number for bits in blocks.values() for number in bits}


def test_the_same_choice_in_another_order_is_the_same_question() -> None:
    one = Question(Subject.COUNTRY, Comparison.ANY_OF, ("DE", "FR", "DE"))
    other = Question(Subject.COUNTRY, Comparison.ANY_OF, ("FR", "DE"))
    assert one.key == other.key
    assert one.key != GERMANS.key
    assert read(GERMANS.written()) == GERMANS


def test_an_answer_is_a_minute_old_at_most_even_without_a_worker() -> None:
    workspace = WorkspaceFactory.create()
    ProfileFactory.create(workspace=workspace, country="DE")
    assert numbers(workspace) == {0}
    ProfileFactory.create(workspace=workspace, country="DE")
    assert numbers(workspace) == {0}
    before = answers.read(workspace.pk, [GERMANS]).as_of
    head = ChangeHead.objects.filter(workspace=workspace)
    head.update(as_of=F("as_of") - timedelta(seconds=limits.MAX_AGE_SECONDS))
    found = answers.read(workspace.pk, [GERMANS])
    assert set(found.by_question[GERMANS][0]) == {0, 1}
    assert found.as_of is not None and before is not None and found.as_of >= before


def test_a_read_in_between_costs_one_statement(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    workspace = WorkspaceFactory.create()
    ProfileFactory.create(workspace=workspace, country="DE")
    numbers(workspace)
    calls: list[int] = []
    original = answers.answer_reading.read

    def counted(workspace_id: int, keys: list[str]) -> Any:
        calls.append(len(keys))
        return original(workspace_id, keys)

    monkeypatch.setattr(answers.answer_reading, "read", counted)
    others = 0 if connection.vendor == "postgresql" else 1  # psycopg's own cursor isn't counted
    with django_assert_num_queries(others):
        numbers(workspace)
    assert calls == [1]


def test_a_change_that_does_not_concern_a_question_asks_nobody_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = WorkspaceFactory.create()
    person = ProfileFactory.create(workspace=workspace, country="DE")
    answers.read(workspace.pk, REACH)
    assert told(workspace, GERMANS) == {0}
    change = Change(Who(By.EXTERNAL_ID, str(person.external_id)), attributes={"plan": Set("gold")})
    changing.apply(workspace.pk, [change], NOW, also=lambda _people: None)
    monkeypatch.setattr(answers.asking, "numbers", lambda *_args, **_kwargs: pytest.fail("asked"))
    answers.keep_up(workspace.pk)
    assert not ProfileChange.objects.exists()
    assert not ChangedFacet.objects.exists()  # every answer has taken it in


def test_a_change_that_is_rolled_back_is_never_noted() -> None:
    workspace = WorkspaceFactory.create()
    with pytest.raises(RuntimeError), transaction.atomic():
        changed.note(workspace.pk, [1], ["country"])
        raise RuntimeError
    assert not ProfileChange.objects.exists()


def test_what_changes_while_a_first_answer_is_counted_is_taken_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The count has read somebody before they change, and is written after."""
    workspace = WorkspaceFactory.create()
    person = ProfileFactory.create(workspace=workspace, country="DE")
    asked = answers.asking.numbers

    def slow(*args: Any, **kwargs: Any) -> Any:
        found = asked(*args, **kwargs)
        monkeypatch.setattr(answers.asking, "numbers", asked)
        change = Change(Who(By.EXTERNAL_ID, str(person.external_id)), fields={"country": "FR"})
        changing.apply(workspace.pk, [change], NOW, also=lambda _people: None)
        answers.keep_up(workspace.pk)  # folds it while the answer isn't whole
        return found

    monkeypatch.setattr(answers.asking, "numbers", slow)
    assert numbers(workspace) == set()


def test_two_who_count_the_same_write_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = WorkspaceFactory.create()
    ProfileFactory.create(workspace=workspace, country="DE")
    changed.fold(workspace.pk)
    answers.begin(workspace.pk, [GERMANS])
    answers.begin(workspace.pk, [GERMANS])
    mine, theirs = Answer.objects.get(), Answer.objects.get()
    assert answers.count(theirs)
    assert not answers.count(mine)
    assert numbers(workspace) == {0}


def test_a_large_workspace_is_counted_in_the_background_with_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = WorkspaceFactory.create()
    ProfileFactory.create(workspace=workspace, country="DE")
    NumberCounter.objects.filter(workspace=workspace).update(next=2 * BLOCK_SIZE)
    ProfileFactory.create(workspace=workspace, country="DE")
    with pytest.raises(StillCounting) as raised:
        numbers(workspace)
    assert raised.value.share == 0
    beside = answers.read(workspace.pk, [], [GERMANS])
    assert beside.by_question == {}

    assert answers.count_portion(Answer.objects.get())
    with pytest.raises(StillCounting, match="33%"):
        numbers(workspace)
    tasks.sweep_answers.apply()
    for pk in answers.waiting(NOW):
        answers.count_in_background(pk, NOW)
    assert numbers(workspace) == {0, 2 * BLOCK_SIZE}


def test_a_worker_that_was_killed_loses_the_count_to_another() -> None:
    workspace = WorkspaceFactory.create()
    ProfileFactory.create(workspace=workspace, country="DE")
    changed.fold(workspace.pk)
    answers.begin(workspace.pk, [GERMANS])
    Answer.objects.update(lease_until=NOW)
    assert answers.waiting(NOW - timedelta(seconds=1)) == []
    (pk,) = answers.waiting(NOW + timedelta(seconds=1))
    answers.count_in_background(pk, NOW + timedelta(seconds=1))
    assert Answer.objects.get().ready


def test_many_changes_of_one_block_are_asked_about_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "ASKED_BY_NAME", 1)
    workspace = WorkspaceFactory.create()
    assert told(workspace, GERMANS) == set()
    for country in ("DE", "FR", "DE"):
        ProfileFactory.create(workspace=workspace, country=country)
    assert told(workspace, GERMANS) == {0, 2}


def test_answers_nobody_reads_are_forgotten_but_reach_stays() -> None:
    workspace = WorkspaceFactory.create()
    ProfileFactory.create(workspace=workspace, country="DE")
    told(workspace, GERMANS)
    later = datetime.now(UTC) + timedelta(days=limits.ANSWERS_KEPT_DAYS + 1)
    assert answers.forget_unused(later) > 0
    assert {read(each.question).subject for each in Answer.objects.all()} == {
        Subject.REACH_PUSH,
        Subject.REACH_EMAIL,
        Subject.REACH_SMS,
    }
    assert told(workspace, GERMANS) == {0}
