"""The exact size, funnel and members of a segment, against the same in plain sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from braze_partners.people import limits as people_limits
from braze_partners.people.numbers import BLOCK_SIZE
from cohorts.segments import evaluation, limits, saving
from cohorts.segments.algebra import Evaluation
from cohorts.segments.definition import EVERYONE, Definition, dump
from cohorts.segments.planning import learn, plan
from tests.people.factories import AttributeFactory
from tests.segments.worlds import (
    NOW,
    World,
    any_of,
    cohort_filter,
    definition,
    has_external_id,
    in_country,
    segment_filter,
    visits,
    world,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

# Numbers around the edges of blocks, and few enough to overlap often.
NUMBERS = [0, 1, 2, 7, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 5, 2 * BLOCK_SIZE + 1]
PEOPLE = 2 * BLOCK_SIZE + 2
KNOWN_IDS = {"alice": 1, "bob": BLOCK_SIZE}
COHORTS = ("c1", "c2", "c3")

some_numbers = st.sets(st.sampled_from(NUMBERS))
inclusion = st.sampled_from(["includes", "does_not_include"])
leaf = st.one_of(
    st.builds(
        lambda names, operator: cohort_filter(*names, operator=operator),
        st.lists(st.sampled_from(COHORTS), min_size=1, unique=True),
        inclusion,
    ),
    st.builds(has_external_id, st.booleans()),
    st.builds(any_of, st.sampled_from(["alice", "bob", "nobody"])),
    st.sampled_from(
        [
            in_country("FR"),
            in_country("FR", "DE", operator="is_not_any_of"),
            in_country(operator="is_set"),
            in_country(operator="is_not_set"),
            *(visits(operator, 2) for operator in ("is", "is_not", "more_than", "at_most")),
            visits("is_set"),
            visits("is_not_set"),
        ]
    ),
)
# What the profiles of the interesting numbers hold, some of them nothing.
some_facts = st.dictionaries(
    st.sampled_from(NUMBERS),
    st.tuples(st.sampled_from(["FR", "DE", "BE", ""]), st.sampled_from([1.0, 2.0, 3.0, None])),
)
COMPARED: dict[str, Callable[[Any, list[Any]], bool]] = {
    "is_any_of": lambda value, values: value in values,
    "is_not_any_of": lambda value, values: value not in values,
    "is": lambda value, values: value == values[0],
    "is_not": lambda value, values: value != values[0],
    "more_than": lambda value, values: value is not None and value > values[0],
    "at_most": lambda value, values: value is not None and value <= values[0],
    "is_set": lambda value, _values: value is not None,
    "is_not_set": lambda value, _values: value is None,
}
rows = st.lists(st.lists(leaf, min_size=1, max_size=3), max_size=3)


class Model:
    """A segment as it would be computed with plain sets of the interesting numbers."""

    def __init__(
        self,
        made: World,
        nested: dict[str, dict[str, Any]],
        facts: dict[int, tuple[str, float | None]],
    ) -> None:
        self.facts = facts
        self.made = made
        self.nested = nested
        self.interesting = made.people & set(NUMBERS)

    def matching(self, condition: dict[str, Any]) -> set[int]:
        operator = condition["operator"]
        match condition["type"]:
            case "cohort":
                named = set().union(*(self.made.cohorts[each] for each in condition["cohorts"]))
            case "segment":
                named = set().union(
                    *(self.steps(self.nested[each])[-1] for each in condition["segments"])
                )
            case "country":
                return self.compared(condition, 0)
            case "attribute":
                return self.compared(condition, 1)
            case _ if operator == "is_any_of":
                named = {KNOWN_IDS.get(each, -1) for each in condition["values"]}
            case _:
                absent = self.made.anonymous
                return (
                    self.interesting & absent
                    if operator == "is_not_set"
                    else (self.interesting - absent)
                )
        if operator == "does_not_include":
            return self.interesting - named
        return self.interesting & named

    def compared(self, condition: dict[str, Any], place: int) -> set[int]:
        """Nothing is None, or a country of no letters."""
        matches = COMPARED[condition["operator"]]
        held = {number: self.facts.get(number, ("", None))[place] for number in self.interesting}
        values = condition.get("values", [])
        return {number for number, value in held.items() if matches(value or None, values)}

    def steps(self, data: dict[str, Any]) -> list[set[int]]:
        left = [set(self.interesting)]
        for row in data.get("all", []):
            left.append(left[-1] & set().union(*map(self.matching, row["any"])))
        for row in data.get("exclude", []):
            left.append(left[-1] - set().union(*map(self.matching, row["any"])))
        return left


def of_interest(made: World, wanted: Definition) -> set[int]:
    """The members of a definition among the interesting numbers."""
    planned = plan(wanted, learn(made.workspace.pk, [wanted]))
    found: set[int] = set()
    for block in evaluation.Audience(made.workspace.pk, [planned]).blocks():
        found.update(Evaluation(block).members(planned) & BitMap(NUMBERS))
    return found


def people_of(made: World, facts: dict[int, tuple[str, float | None]]) -> None:
    """Rows for who is called by name or has a value; the deleted have none."""
    names = {number: name for name, number in KNOWN_IDS.items()}
    AttributeFactory.create(workspace=made.workspace, name="visits", type="number")
    for number in (names.keys() | facts.keys()) & made.people | names.keys():
        country, count = facts.get(number, ("", None))
        profile = made.profile(number, names.get(number), country=country)
        if count is not None:
            made.value(profile, "visits", count)


@pytest.fixture(autouse=True)
def counted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """These worlds have three blocks and few rows."""
    monkeypatch.setattr(people_limits, "COUNTED_AT_ONCE_BLOCKS", 3)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    members=st.tuples(some_numbers, some_numbers, some_numbers),
    later=st.lists(st.tuples(some_numbers, some_numbers), max_size=3),
    facts=some_facts,
    deleted=some_numbers,
    anonymous=some_numbers,
    inner=st.tuples(rows, rows),
    outer=st.tuples(rows, rows),
    operator=inclusion,
)
def test_any_definition_over_any_cohorts_counts_as_plain_sets_do(
    members: tuple[set[int], ...],
    later: list[tuple[set[int], set[int]]],
    facts: dict[int, tuple[str, float | None]],
    deleted: set[int],
    anonymous: set[int],
    inner: tuple[list[Any], list[Any]],
    outer: tuple[list[Any], list[Any]],
    operator: str,
) -> None:
    anonymous = anonymous - set(KNOWN_IDS.values())
    made = world(PEOPLE, deleted, anonymous)
    people_of(made, facts)
    stored = [made.cohort(name, chosen) for name, chosen in zip(COHORTS, members, strict=True)]
    for added, removed in later:
        made.run(stored[0], added - removed, removed)
    nested = saving.create(
        made.workspace,
        saving.Draft("inner", definition=definition(*inner[0], exclude=inner[1])),
        by=None,
        now=NOW,
    )
    wanted = definition(*outer[0], segment_filter(nested.pk, operator=operator), exclude=outer[1])
    model = Model(made, {str(nested.pk): nested.definition}, facts)

    expected = model.steps(dump(wanted))
    funnel = evaluation.funnel(made.workspace.pk, wanted)
    uninteresting = PEOPLE - len(set(NUMBERS))
    assert of_interest(made, wanted) == expected[-1]
    # Everyone else is alike: identified, in no cohort, without a value. So each step holds all or
    # none of them.
    counts = (funnel.everyone, *funnel.rows, *funnel.exclusions)
    for count, left in zip(counts, expected, strict=True):
        assert count - len(left) in (0, uninteresting)
    assert evaluation.size(made.workspace.pk, wanted) == counts[-1]


def test_an_empty_definition_is_every_live_profile() -> None:
    made = world(10, deleted={3, 4}, anonymous={5})
    funnel = evaluation.funnel(made.workspace.pk, EVERYONE)
    assert (funnel.size, funnel.everyone, funnel.anonymous) == (8, 8, 1)


def test_a_workspace_without_people_has_empty_segments() -> None:
    made = world(0)
    assert evaluation.size(made.workspace.pk, EVERYONE) == 0
    assert not evaluation.contains(made.workspace.pk, EVERYONE, 0)


def test_the_funnel_tells_who_is_left_after_each_row_and_each_exclusion() -> None:
    made = world(100, deleted={0}, anonymous=range(50, 100))
    made.cohort("a", range(60))
    made.cohort("b", range(40, 80))
    made.cohort("c", {41, 42})
    wanted = definition(
        [cohort_filter("a"), cohort_filter("b")],
        cohort_filter("b", operator="does_not_include"),
        has_external_id(),
        exclude=[any_of("nobody"), cohort_filter("c"), cohort_filter("a", operator="includes")],
    )
    funnel = evaluation.funnel(made.workspace.pk, wanted)
    assert (funnel.everyone, funnel.rows, funnel.exclusions) == (99, (79, 39, 39), (39, 39, 0))


def test_runs_not_folded_yet_count() -> None:
    made = world(10)
    cohort = made.cohort("a", {1, 2})
    made.run(cohort, added={3}, removed={1})
    assert evaluation.members(made.workspace.pk, definition(cohort_filter("a")), -1, 10) == [2, 3]


def test_an_archived_cohort_goes_on_counting() -> None:
    made = world(10)
    cohort = made.cohort("a", {1, 2})
    cohort.archived_at = NOW
    cohort.save()
    assert evaluation.size(made.workspace.pk, definition(cohort_filter("a"))) == 2


def test_a_cohort_of_another_workspace_or_partner_is_nobody() -> None:
    made, other = world(10), world(10)
    other.cohort("a", {1, 2})
    made.cohort("a", {1, 2, 3}, partner="mixpanel")
    assert evaluation.size(made.workspace.pk, definition(cohort_filter("a"))) == 0
    wanted = definition(cohort_filter("a", partner="mixpanel"))
    assert evaluation.size(made.workspace.pk, wanted) == 3


def test_members_come_in_pages_across_blocks() -> None:
    made = world(PEOPLE, deleted={1})
    made.cohort("a", NUMBERS)
    wanted = definition(cohort_filter("a"))
    assert [n for n in NUMBERS if not evaluation.contains(made.workspace.pk, wanted, n)] == [1]
    seen: list[int] = []
    while page := evaluation.members(made.workspace.pk, wanted, seen[-1] if seen else -1, 3):
        assert len(page) <= 3
        seen += page
    assert seen == sorted(set(NUMBERS) - {1})


def test_many_cohorts_are_read_in_portions_and_count_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = world(PEOPLE)
    for name in COHORTS:
        made.cohort(name, set(NUMBERS) - {len(name)})
    wanted = definition(cohort_filter(*COHORTS))
    whole = evaluation.members(made.workspace.pk, wanted, -1, 100)
    monkeypatch.setattr(limits, "COHORTS_LOADED_WHOLE", 2)
    monkeypatch.setattr(limits, "BITMAPS_AT_ONCE", 3)
    assert evaluation.members(made.workspace.pk, wanted, -1, 100) == whole
    assert evaluation.size(made.workspace.pk, wanted) == len(whole)
