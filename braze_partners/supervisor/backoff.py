"""When to start a crashed part again. Pure."""

from __future__ import annotations

# Seconds before the first, second, … restart in a row; the last one repeats.
RESTART_DELAYS = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
# Seconds a part must have run for its earlier crashes to be forgotten.
STEADY_AFTER = 60.0


def restart_delay(crashes_in_a_row: int) -> float:
    """`crashes_in_a_row` counts the one that just happened, from 1."""
    return RESTART_DELAYS[min(crashes_in_a_row, len(RESTART_DELAYS)) - 1]


def crashes_in_a_row(before: int, ran_seconds: float) -> int:
    return 1 if ran_seconds >= STEADY_AFTER else before + 1
