"""The form of an audience as plain values: segments chosen whole, then filter rows as a segment's.

The rows themselves are the segment editor's; knows neither the database nor HTML.
"""

from __future__ import annotations

import uuid

from django.http import QueryDict
from django.utils.translation import gettext as _

from braze_partners.messaging.drafts import Target
from braze_partners.messaging.errors import TargetRefused
from cohorts.segments import acts, editing
from cohorts.segments.definition import parse
from cohorts.segments.editing import AUDIENCE_SECTIONS, Edited
from cohorts.segments.errors import DefinitionRefused, Problem


def of_target(target: Target) -> Edited:
    """The form of what is saved, nothing edited yet."""
    edited = editing.from_definition(target.filters)
    edited.sections = AUDIENCE_SECTIONS
    for segment in target.segments:
        acts.choose(edited, str(segment))
    edited.focus = ""
    return edited


def read(posted: QueryDict) -> Edited:
    return editing.read(posted, AUDIENCE_SECTIONS)


def to_target(edited: Edited) -> Target:
    """The complete form; TargetRefused names every place that is wrong."""
    problems: list[Problem] = []
    segments = []
    for at, text in enumerate(edited.chosen):
        try:
            segments.append(uuid.UUID(text))
        except ValueError:
            told = _("there is no segment “%(id)s”") % {"id": text}
            problems.append(Problem(f"segments[{at}].any[0]", told))
    try:
        filters = parse(edited.to_data())
    except DefinitionRefused as refused:
        raise TargetRefused([*problems, *refused.problems]) from refused
    if problems:
        raise TargetRefused(problems)
    return Target(tuple(segments), filters)


def on_page(problem: Problem) -> Problem:
    """With the path that the form's rows have."""
    return Problem(problem.path.replace("segments[", f"{editing.CHOSEN}[", 1), problem.text)
