"""The faults that hold for one request: read once, drawn by their share, and what was hit."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from braze_partners.sandbox.faults.kinds import KINDS
from braze_partners.sandbox.models import Fault

Options = dict[str, Any]


@dataclass
class Active:
    faults: dict[str, Fault]
    dice: random.Random = field(default_factory=random.Random)
    hit: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, faults: Iterable[Fault], place: str) -> Active:
        """Those of the faults that can strike at this place."""
        return cls(
            {
                fault.kind: fault
                for fault in faults
                if fault.kind in KINDS and KINDS[fault.kind].strikes_at(place, fault.options)
            }
        )

    def drawn(self, kind: str) -> Options | None:
        """The fault's options when this request is in its share; None when it is spared."""
        fault = self.faults.get(kind)
        if fault is None or (fault.share < 1 and self.dice.random() >= fault.share):
            return None
        self.hit.append(kind)
        return dict(fault.options)

    def asked(self, kind: str) -> Fault | None:
        """The fault itself, for those that look at the events before they strike."""
        return self.faults.get(kind)

    def strike(self, kind: str) -> None:
        self.hit.append(kind)
