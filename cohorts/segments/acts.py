"""One act of the editor's page (add, remove, move, choose) done to the form as it stands.

Every structural change of rows happens here, so the editor also works without scripts; knows
neither the database nor HTML.
"""

from __future__ import annotations

from django.http import QueryDict

from cohorts.segments.definition import Inclusion
from cohorts.segments.editing import CHOSEN, SECTIONS, Edited, EditedFilter, EditedRow, free_key
from cohorts.segments.filter_types import FilterType


def apply(edited: Edited, act: str, posted: QueryDict) -> None:
    """One act of the page, such as `add:all`, `or:r2:segment`, `remove:r1f1`, `up:r3`."""
    verb, _, rest = act.partition(":")
    target, _, extra = rest.partition(":")
    match verb:
        case "add":
            kind = str(posted.get(f"add-{target}", ""))
            if target in SECTIONS and kind:
                _add_row(edited, target, kind)
        case "choose":
            choose(edited, posted.get("choose", ""))
        case "exclude":
            edited.excluding = True
            edited.focus = "add-exclude"
        case "or":
            _add_beside(edited, target, extra)
        case "remove":
            _remove(edited, target)
        case "up" | "down":
            _move(edited, target, -1 if verb == "up" else 1)
        case "drop":
            _drop_value(edited, target, extra)
        case "focus":
            edited.focus = rest
    if not edited.section("exclude") and verb == "remove":
        edited.excluding = False


def _add_row(edited: Edited, section: str, kind: str) -> None:
    row = EditedRow(free_key("r", edited), section)
    edited.rows.append(row)
    _add_filter(edited, row, kind)


def choose(edited: Edited, segment: str) -> None:
    """One more segment chosen whole, where the form has such rows; the same one only once."""
    if CHOSEN in edited.sections and segment and segment not in edited.chosen:
        row = EditedRow(free_key("r", edited), CHOSEN)
        row.filters.append(
            EditedFilter(f"{row.key}f1", FilterType.SEGMENT, Inclusion.INCLUDES, [segment])
        )
        edited.rows.append(row)
    edited.focus = "choose"


def _add_beside(edited: Edited, row_key: str, kind: str) -> None:
    for row in edited.rows:
        if row.key == row_key and kind:
            _add_filter(edited, row, kind)


def _add_filter(edited: Edited, row: EditedRow, kind: str) -> None:
    taken = {each.key for each in edited.filters()}
    number = 1
    while f"{row.key}f{number}" in taken:
        number += 1
    made = EditedFilter(f"{row.key}f{number}", kind)
    made.operator = next(iter(made.operators), "")
    row.filters.append(made)
    edited.focus = _first_control(made)


def _first_control(made: EditedFilter) -> str:
    """Where one goes on after the filter was added."""
    if made.type == FilterType.ATTRIBUTE:
        return f"subject-{made.key}"
    return f"typed-{made.key}" if made.wants_values else f"operator-{made.key}"


def _remove(edited: Edited, filter_key: str) -> None:
    for row in edited.rows:
        row.filters = [each for each in row.filters if each.key != filter_key]
    gone = {row.section for row in edited.rows if not row.filters}
    edited.rows = [row for row in edited.rows if row.filters]
    edited.focus = "choose" if CHOSEN in gone else "add-all"


def _move(edited: Edited, row_key: str, by: int) -> None:
    """Within its own section; a row at the end stays."""
    moved = next((row for row in edited.rows if row.key == row_key), None)
    if moved is None:
        return
    beside = edited.section(moved.section)
    at = beside.index(moved)
    if 0 <= at + by < len(beside):
        mine, other = edited.rows.index(moved), edited.rows.index(beside[at + by])
        edited.rows[mine], edited.rows[other] = edited.rows[other], edited.rows[mine]
    edited.focus = f"grip-{row_key}"


def _drop_value(edited: Edited, filter_key: str, value: str) -> None:
    for each in edited.filters():
        if each.key == filter_key:
            each.values = [kept for kept in each.values if kept != value]
            edited.focus = f"typed-{filter_key}"
