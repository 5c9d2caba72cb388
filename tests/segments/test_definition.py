"""What a definition may look like, and how its mistakes are told."""

from __future__ import annotations

from typing import Any

import pytest

from cohorts.segments import limits
from cohorts.segments.definition import (
    EVERYONE,
    CohortFilter,
    Definition,
    ExternalIdFilter,
    Inclusion,
    Presence,
    Row,
    dump,
    parse,
)
from cohorts.segments.errors import DefinitionRefused

COHORT = {
    "type": "cohort",
    "partner": "amplitude",
    "operator": "includes",
    "cohorts": ["k3x9a7f2"],
}
SEGMENT_ID = "7b0f1a52-6d5f-4d3b-9d59-3f1d8ad2b4c1"


def problems(data: object) -> dict[str, str]:
    with pytest.raises(DefinitionRefused) as refused:
        parse(data)
    return {each.path: each.text for each in refused.value.problems}


def all_of(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"all": [{"any": list(filters)}]}


def test_it_reads_every_filter_and_writes_the_same() -> None:
    data = {
        "all": [
            {"any": [COHORT, {"type": "external_user_id", "operator": "is_set"}]},
            {"any": [{"type": "external_user_id", "operator": "is_any_of", "values": ["a"]}]},
        ],
        "exclude": [
            {"any": [{"type": "segment", "operator": "does_not_include", "segments": [SEGMENT_ID]}]}
        ],
    }
    assert dump(parse(data)) == data


@pytest.mark.parametrize("data", [{}, {"all": []}, {"all": [], "exclude": []}])
def test_an_empty_definition_is_everyone(data: object) -> None:
    assert parse(data) == EVERYONE


def test_a_value_chosen_twice_counts_once() -> None:
    assert parse(all_of({**COHORT, "cohorts": ["b", "a", "b"]})) == Definition(
        (Row((CohortFilter("amplitude", Inclusion.INCLUDES, ("b", "a")),)),)
    )


def test_values_are_for_is_any_of_only() -> None:
    given = {"type": "external_user_id", "operator": "is_set", "values": []}
    assert parse(all_of(given)).all[0].any[0] == ExternalIdFilter(Presence.IS_SET)
    assert "all[0].any[0].values" in problems(all_of({**given, "values": ["a"]}))


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ([], ""),
        ({"any": []}, "any"),
        ({"all": {}}, "all"),
        ({"all": [[]]}, "all[0]"),
        ({"all": [{"any": []}]}, "all[0].any"),
        ({"all": [{"any": [7]}]}, "all[0].any[0]"),
        (all_of({"type": "shoe_size"}), "all[0].any[0].type"),
        (all_of({"type": ["cohort"]}), "all[0].any[0].type"),
        (all_of(COHORT, {**COHORT, "operator": "is"}), "all[0].any[1].operator"),
        (all_of({**COHORT, "partner": ""}), "all[0].any[0].partner"),
        (all_of({**COHORT, "cohorts": []}), "all[0].any[0].cohorts"),
        (all_of({**COHORT, "cohorts": "k3"}), "all[0].any[0].cohorts"),
        (all_of({**COHORT, "cohorts": ["k3", 4]}), "all[0].any[0].cohorts[1]"),
        (all_of({**COHORT, "cohorts": ["k\x00"]}), "all[0].any[0].cohorts[0]"),
        (all_of({**COHORT, "partners": "x"}), "all[0].any[0].partners"),
        (
            {
                "exclude": [
                    {"any": [{"type": "segment", "operator": "includes", "segments": ["5"]}]}
                ]
            },
            "exclude[0].any[0].segments[0]",
        ),
        (
            all_of({"type": "external_user_id", "operator": "is_any_of"}),
            "all[0].any[0].values",
        ),
        (
            all_of({"type": "external_user_id", "operator": "is_any_of", "values": ["x" * 998]}),
            "all[0].any[0].values[0]",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(data: object, path: str) -> None:
    assert path in problems(data)


def test_every_mistake_is_told_at_once() -> None:
    wrong = {**COHORT, "operator": "is"}
    assert set(
        problems({"all": [{"any": [wrong]}, {"any": []}], "exclude": [{"any": [wrong]}]})
    ) == {
        "all[0].any[0].operator",
        "all[1].any",
        "exclude[0].any[0].operator",
    }


def test_the_limits_are_enforced() -> None:
    assert problems({"all": [{"any": [COHORT]}] * (limits.MAX_ROWS + 1)}) == {
        "": f"has more than {limits.MAX_ROWS} rows"
    }
    assert "all[0].any" in problems(all_of(*[COHORT] * (limits.MAX_FILTERS_PER_ROW + 1)))
    many = [str(n) for n in range(limits.MAX_VALUES_PER_FILTER + 1)]
    assert "all[0].any[0].cohorts" in problems(all_of({**COHORT, "cohorts": many}))
