"""The size chart of a cohort as coordinates; pure, the template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, HEIGHT = 1000, 150
WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Tick:
    percent: str
    size: int


@dataclass(frozen=True, slots=True)
class SizeChart:
    line: str
    area: str
    ticks: list[Tick]
    begins: datetime
    middle: datetime
    ends: datetime
    whole_window: bool


def size_chart(points: Sequence[tuple[datetime, int]], now: datetime) -> SizeChart:
    """A stepped line from the cohort's creation, or over the last 30 days, until now."""
    born = points[0][0] if points else now
    begins = max(born, now - WINDOW)
    ends = max(now, begins + timedelta(minutes=1))
    top, step = _scale(max((size for _at, size in points), default=0))
    before = [size for at, size in points if at <= begins]
    level = before[-1] if before else 0
    corners = [(0.0, level)]
    for at, size in points:
        if at > begins:
            x = WIDTH * ((at - begins) / (ends - begins))
            corners += [(x, level), (x, size)]
            level = size
    corners.append((float(WIDTH), level))
    line = " ".join(f"{x:.1f},{HEIGHT - HEIGHT * size / top:.1f}" for x, size in corners)
    ticks = [Tick(f"{100 - 100 * size / top:.1f}%", size) for size in range(0, top + 1, step)]
    return SizeChart(
        line=line,
        area=f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}",
        ticks=ticks,
        begins=begins,
        middle=begins + (ends - begins) / 2,
        ends=ends,
        whole_window=now - born >= WINDOW,
    )


def _scale(largest: int) -> tuple[int, int]:
    """The top of the axis and the step of its three lines: 1, 2, 3, 5 or 6 times a power of ten."""
    magnitude = 1
    while True:
        for factor in (1, 2, 3, 5, 6):
            step = factor * magnitude
            if step * 3 >= largest:
                return step * 3, step
        magnitude *= 10
