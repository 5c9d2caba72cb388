"""The ledger as a page shows it: steps, the bar, what a step is made of."""

from __future__ import annotations

import pytest

from currents.balance_sheet import GAP, LEAST, TYPES_LISTED, sheet
from currents.fates import Fate, Step
from currents.ledger import Balance
from tests.currents.factories import EMAIL_OPEN, PURCHASE


def widths(total: Balance) -> dict[Step, float]:
    parts = sheet({}, total, None, None).parts
    return {part.step: float(part.width.rstrip("%")) for part in parts}


def test_the_steps_are_seven_and_each_knows_its_share() -> None:
    total = Balance({Fate.DELIVERED: 60, Fate.RETRIED: 20, Fate.NOT_SELECTED: 20})
    steps = {step.step: (step.count, step.share) for step in sheet({}, total, None, None).steps}
    assert list(steps) == list(Step)
    assert steps[Step.RECEIVED] == (100, 1.0)
    assert steps[Step.DELIVERED] == (80, 0.8)
    assert steps[Step.DROPPED] == (0, 0.0)


def test_an_empty_span_has_no_shares_and_balances() -> None:
    empty = sheet({}, Balance(), 0, None)
    assert {step.share for step in empty.steps} == {None}
    assert empty.parts == []
    assert empty.balances


def test_every_part_that_is_not_nothing_is_seen_and_the_bar_is_full() -> None:
    found = widths(Balance({Fate.DELIVERED: 1_000_000, Fate.DEAD: 1, Fate.DROPPED: 2}))
    assert list(found) == [Step.DELIVERED, Step.DEAD_LETTERED, Step.DROPPED]
    assert found[Step.DEAD_LETTERED] == found[Step.DROPPED] == LEAST
    assert sum(found.values()) + 2 * GAP == pytest.approx(100, abs=0.01)


@pytest.mark.parametrize(
    ("log", "difference", "balances"),
    [(10, 0, True), (12, 2, False), (7, -3, False), (None, 0, True)],
)
def test_the_log_is_the_touchstone(log: int | None, difference: int, balances: bool) -> None:
    made = sheet({}, Balance({Fate.DELIVERED: 10}), log, None)
    assert (made.difference, made.balances) == (difference, balances)


def test_a_fate_below_nothing_does_not_balance() -> None:
    assert not sheet({}, Balance({Fate.WAITING: -1, Fate.DELIVERED: 11}), 10, None).balances


def test_a_step_is_broken_down_by_reason_and_by_type() -> None:
    by_type = {
        EMAIL_OPEN: Balance({Fate.NO_IDENTITY: 5, Fate.INVALID_ID: 1, Fate.DELIVERED: 90}),
        PURCHASE: Balance({Fate.NO_IDENTITY: 2}),
    }
    total = Balance({Fate.NO_IDENTITY: 7, Fate.INVALID_ID: 1, Fate.DELIVERED: 90})
    found = sheet(by_type, total, None, Step.NO_IDENTITY).breakdown
    assert found is not None
    assert [(line.label, line.count) for line in found.reasons] == [
        ("No identity", 7),
        ("Invalid ID", 1),
    ]
    assert [(line.label, line.count) for line in found.types] == [
        ("Email Open", 6),
        ("Purchase", 2),
    ]
    assert found.types[0].share == 0.75


def test_of_many_types_the_rest_is_one_line() -> None:
    by_type = {f"type-{n}": Balance({Fate.DELIVERED: 100 - n}) for n in range(TYPES_LISTED + 3)}
    found = sheet(by_type, Balance({Fate.DELIVERED: 1}), None, Step.RECEIVED).breakdown
    assert found is not None
    assert (len(found.types), found.more_types, found.more_events) == (12, 3, 88 + 87 + 86)
    assert found.reasons == []
