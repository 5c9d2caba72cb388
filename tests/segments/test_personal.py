"""In which segments one person is: the same as each segment says of them, in a few statements."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from braze_partners.people import answers
from braze_partners.people.models import Profile
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from braze_partners.workspaces.models import Workspace
from cohorts.segments import evaluation, personal
from cohorts.segments.models import Segment
from cohorts.segments.planning import stored
from tests.cohorts.conftest import nothing_remembered
from tests.cohorts.test_standing import push
from tests.segments.factories import ReferredCohortFactory, SegmentFactory, SegmentSegmentFactory
from tests.workspaces.factories import WorkspaceFactory

__all__ = ["nothing_remembered"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)


def cohorts(operator: str, *ids: str) -> dict[str, Any]:
    return {"type": "cohort", "partner": "amplitude", "operator": operator, "cohorts": list(ids)}


def attribute(operator: str, *values: Any) -> dict[str, Any]:
    kind = "number" if values and isinstance(values[0], int) else "text"
    name = "visits" if kind == "number" else "plan"
    told = {"attribute": name, "value_type": kind, "operator": operator, "values": list(values)}
    return {"type": "attribute", **told}


CONDITIONS = {
    "in a": cohorts("includes", "a"),
    "in a or b": cohorts("includes", "a", "b"),
    "not in b": cohorts("does_not_include", "b"),
    "french": {"type": "country", "operator": "is_any_of", "values": ["FR"]},
    "not french": {"type": "country", "operator": "is_not_any_of", "values": ["FR"]},
    "gold": attribute("is_any_of", "gold"),
    "twelve visits": attribute("at_least", 12),
    "push": {"type": "push_enabled", "operator": "is", "values": [True]},
}


def segment(workspace: Workspace, name: str, definition: dict[str, Any], **more: Any) -> Segment:
    return SegmentFactory.create(workspace=workspace, name=name, definition=definition, **more)


@pytest.fixture
def workspace() -> Workspace:
    workspace = WorkspaceFactory.create()
    values: dict[str, Any] = {"plan": "gold", "visits": 12.0}
    people = [
        NewPerson("u0", fields={"country": "FR"}, attributes=values),
        NewPerson("u1", fields={"country": "DE"}, devices=[NewDevice("d", push_enabled=True)]),
        NewPerson(aliases=[("crm", "1")], attributes={"visits": 3.0}),
        NewPerson("u3"),
    ]
    create_profiles(workspace.pk, people, NOW)
    for cohort_id, members in {"a": [0, 1], "b": [1, 2]}.items():
        push(ReferredCohortFactory.create(workspace=workspace, cohort_id=cohort_id), add=members)
    return workspace


def names(workspace: Workspace, number: int) -> list[str]:
    profile = Profile.objects.get(workspace=workspace, number=number)
    return [each.name for each in personal.segments_of(profile).segments]


def test_it_says_what_each_segment_says(workspace: Workspace) -> None:
    made = []
    for name, condition in CONDITIONS.items():
        made.append(segment(workspace, name, {"all": [{"any": [condition]}]}))
        made.append(segment(workspace, f"except {name}", {"exclude": [{"any": [condition]}]}))
    inner = segment(workspace, "inner", {"all": [{"any": [CONDITIONS["in a"]]}]})
    nested = {"type": "segment", "operator": "includes", "segments": [str(inner.pk)]}
    outer = segment(workspace, "outer", {"all": [{"any": [nested]}]})
    SegmentSegmentFactory.create(segment=outer, used=inner)
    answers.keep_up(workspace.pk)
    for number in range(4):
        inside = [
            each.name
            for each in [*made, inner, outer]
            if evaluation.contains(workspace.pk, stored(each), number)
        ]
        assert names(workspace, number) == sorted(inside, key=str.casefold), number


def test_a_change_counts_at_once(workspace: Workspace) -> None:
    segment(workspace, "french", {"all": [{"any": [CONDITIONS["french"]]}]})
    assert names(workspace, 1) == []
    Profile.objects.filter(workspace=workspace, number=1).update(country="FR")
    assert names(workspace, 1) == ["french"]


def test_archived_and_other_workspaces_segments_are_left_out(workspace: Workspace) -> None:
    segment(workspace, "everyone", {})
    segment(workspace, "old", {}, archived_at=NOW)
    segment(WorkspaceFactory.create(), "theirs", {})
    assert names(workspace, 3) == ["everyone"]


def test_of_very_many_the_latest_edited_are_asked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal.limits, "SEGMENTS_ASKED", 2)
    for age in range(4):
        segment(workspace, f"s{age}", {}, edited_at=NOW - timedelta(days=age))
    profile = Profile.objects.get(workspace=workspace, number=0)
    belonging = personal.segments_of(profile)
    assert [each.name for each in belonging.segments] == ["s0", "s1"]
    assert belonging.left_out == 2


def test_hundreds_of_segments_cost_a_few_statements(
    workspace: Workspace,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    for at in range(150):
        rows = [{"any": [cohorts("includes", "a"), attribute("at_least", at)]}]
        segment(workspace, f"s{at:03}", {"all": rows})
    profile = Profile.objects.get(workspace=workspace, number=0)
    with django_assert_max_num_queries(9):
        assert len(personal.segments_of(profile).segments) == 150
