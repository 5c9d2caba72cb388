"""Yes-or-no questions about a profile, in the one form under which their answers are kept.

Pure: knows what can be asked of a profile and which of its facets decide it; knows neither how it
is stored nor who asks. Only what can be true is asked: "is not …" is the complement of a question.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

# The facet of somebody who is new or gone: every question concerns them.
EVERYTHING = "*"


class Subject(StrEnum):
    EMAIL = "email"
    PUSH_ENABLED = "push_enabled"
    COUNTRY = "country"
    LANGUAGE = "language"
    CREATED = "created"
    LAST_ACTIVE = "last_active"
    ATTRIBUTE = "attribute"
    REACH_PUSH = "reach_push"
    REACH_EMAIL = "reach_email"
    REACH_SMS = "reach_sms"


class Comparison(StrEnum):
    """How the value is compared; `WITHIN` is from the first value on, before the second."""

    PRESENT = "present"
    ANY_OF = "any_of"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"
    WITHIN = "within"


Value = str | float | bool | int

FACETS: dict[Subject, tuple[str, ...]] = {
    Subject.EMAIL: ("email",),
    Subject.PUSH_ENABLED: ("devices",),
    Subject.COUNTRY: ("country",),
    Subject.LANGUAGE: ("language",),
    Subject.CREATED: (),
    Subject.LAST_ACTIVE: ("last_active_at", "last_session_at"),
    Subject.REACH_PUSH: ("devices", "push_subscribe"),
    Subject.REACH_EMAIL: ("email", "email_subscribe"),
    Subject.REACH_SMS: ("phone",),
}


def attribute_facet(attribute_id: int) -> str:
    return f"attribute:{attribute_id}"


@dataclass(frozen=True, slots=True)
class Question:
    """Moments are microseconds since the epoch. `attribute` (a primary key) and `column`, where
    its values are, belong to questions about a custom attribute."""

    subject: Subject
    comparison: Comparison = Comparison.PRESENT
    values: tuple[Value, ...] = ()
    attribute: int | None = None
    column: str = ""

    @property
    def facets(self) -> tuple[str, ...]:
        """What must have changed of somebody for the answer to be another; EVERYTHING besides."""
        if self.attribute is not None:
            return (attribute_facet(self.attribute),)
        return FACETS[self.subject]

    def written(self) -> str:
        """The same text for the same question: values of a choice stand in order."""
        values = list(self.values)
        if self.comparison is Comparison.ANY_OF:
            values = sorted(set(values), key=lambda value: (str(type(value)), value))
        told = [self.subject, self.comparison, values, self.attribute, self.column]
        return json.dumps(told, ensure_ascii=False)

    @property
    def key(self) -> str:
        return hashlib.blake2b(self.written().encode(), digest_size=16).hexdigest()


def read(written: str) -> Question:
    subject, comparison, values, attribute, column = json.loads(written)
    return Question(Subject(subject), Comparison(comparison), tuple(values), attribute, column)


REACH = (
    Question(Subject.REACH_PUSH),
    Question(Subject.REACH_EMAIL),
    Question(Subject.REACH_SMS),
)
