"""Figures as a Markdown table. Knows numbers and words only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(slots=True)
class Report:
    """One benchmark's table and what must be said beside it."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", _line(self.columns), _line(["---"] * len(self.columns))]
        lines += [_line(row) for row in self.rows]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes), ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def middle(values: Sequence[float]) -> str:
    """The median with the spread behind it."""
    return f"{median(values):,.0f} ({min(values):,.0f}–{max(values):,.0f})"


def times(ratio: float) -> str:
    return f"{ratio:.1f}×"
