"""What can be wrong with a segment, told with the place and a sentence for a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` is the place in the definition, such as `all[1].any[0].operator`; "" is the whole."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class SegmentRefused(Exception):
    """A segment can't be saved or read as it was given."""


class DefinitionRefused(SegmentRefused):
    """The definition is malformed, refers to something absent, or to itself."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(map(str, self.problems)))


class FieldRefused(SegmentRefused):
    """A name, description or tag can't be taken; `field` says which."""

    def __init__(self, field: str, text: str) -> None:
        self.field = field
        self.text = text
        super().__init__(f"{field}: {text}")


class SegmentGone(SegmentRefused):
    """Somebody deleted the segment meanwhile."""


class SegmentInUse(SegmentRefused):
    """A segment, a campaign or a Canvas uses it, so it can't be deleted."""


class EditedMeanwhile(SegmentRefused):
    """Somebody saved the segment after this edit began."""

    def __init__(self, by: str, at: datetime, version: int) -> None:
        self.by = by
        self.at = at
        self.version = version
        super().__init__(f"edited by {by} at {at.isoformat()}, now version {version}")
