"""What a sync has to send: sets in, requests out; pure, without database, clock or network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from braze_partners.sandbox.limits import IDS_PER_REQUEST


@dataclass(frozen=True, slots=True)
class Delta:
    adds: list[str]
    removes: list[str]

    @property
    def request_count(self) -> int:
        return -(-(len(self.adds) + len(self.removes)) // IDS_PER_REQUEST)


def delta(
    current: Iterable[str], certain: Iterable[str], uncertain: Iterable[str], *, full: bool = False
) -> Delta:
    """Members that were not acknowledged are added; what may be there and is no member is removed.

    An identifier whose request began without an answer is *uncertain*: it is added again while it
    is a member and removed when it is not, since the other side may hold it.
    """
    members, acknowledged = set(current), set(certain)
    adds = members if full else members - acknowledged
    removes = (acknowledged | set(uncertain)) - members
    return Delta(sorted(adds), sorted(removes))


def requests_of(plan: Delta) -> Iterator[Delta]:
    """The plan in requests of at most 1,000 identifiers, additions first."""
    marked = [(identifier, True) for identifier in plan.adds]
    marked += [(identifier, False) for identifier in plan.removes]
    for start in range(0, len(marked), IDS_PER_REQUEST):
        part = marked[start : start + IDS_PER_REQUEST]
        yield Delta(
            [identifier for identifier, add in part if add],
            [identifier for identifier, add in part if not add],
        )


def cohort_changes(part: Delta, send_as: str) -> list[dict[str, object]]:
    """The two objects of the wire: what to add, then what to remove, empty ones left out."""
    changes = []
    if part.adds:
        changes.append(_change(part.adds, send_as))
    if part.removes:
        changes.append({**_change(part.removes, send_as), "should_remove": True})
    return changes


def _change(identifiers: list[str], send_as: str) -> dict[str, object]:
    by_device = send_as == "device_id"
    return {
        "user_ids": [] if by_device else identifiers,
        "device_ids": identifiers if by_device else [],
        "aliases": [],
    }
