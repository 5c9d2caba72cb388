"""What can be wrong with a campaign or a Canvas, with the place and a sentence for a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cohorts.segments.errors import Problem


class OutreachRefused(Exception):
    """A campaign or a Canvas can't be saved as it was given."""


class FieldRefused(OutreachRefused):
    """A field can't be taken; `field` says which, such as `name`, `steps[0].name`, `variants`."""

    def __init__(self, field: str, text: str) -> None:
        self.field = field
        self.text = text
        super().__init__(f"{field}: {text}")


class TargetRefused(OutreachRefused):
    """Something in the audience is malformed or not there; paths begin with `segments` for those
    chosen whole, with `all` or `exclude` for filters."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(map(str, self.problems)))


class Incomplete(OutreachRefused):
    """It can't be active, or stay active, while something is lacking."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = list(sentences)
        super().__init__(" ".join(self.sentences))


class EditedMeanwhile(OutreachRefused):
    """Somebody saved it after this edit began."""

    def __init__(self, by: str, at: datetime, version: int) -> None:
        self.by = by
        self.at = at
        self.version = version
        super().__init__(f"edited by {by} at {at.isoformat()}, now version {version}")
