"""How many of some people can be reached, by channel: by push, e-mail and SMS, and by any of them.

Knows the kept answers about reachability; knows nothing of definitions or of who asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from braze_partners.people.answers import Answers
from braze_partners.people.questions import REACH

NOBODY = BitMap()


@dataclass(frozen=True, slots=True)
class Reach:
    """People, as of `as_of`. By push who has a device that takes them, by e-mail who has an
    address, and has not unsubscribed; by SMS who has a phone number."""

    push: int
    email: int
    sms: int
    anyhow: int
    as_of: datetime | None


class Reached:
    """Counts block by block, with answers that were read already."""

    def __init__(self, found: Answers) -> None:
        self._sets = [found.by_question.get(question) for question in REACH]
        self._as_of = found.as_of
        self._counts = [0, 0, 0, 0]

    def add(self, block: int, members: BitMap) -> None:
        """Members of one block, by its number."""
        inside = [each.get(block, NOBODY) for each in self._sets if each is not None]
        if not members or len(inside) < len(REACH):
            return
        for at, reachable in enumerate(inside):
            self._counts[at] += members.intersection_cardinality(reachable)
        self._counts[-1] += members.intersection_cardinality(BitMap.union(*inside))

    @property
    def reach(self) -> Reach | None:
        """None while it is counted for the first time."""
        if any(each is None for each in self._sets):
            return None
        push, email, sms, anyhow = self._counts
        return Reach(push, email, sms, anyhow, self._as_of)
