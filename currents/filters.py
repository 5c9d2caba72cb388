"""What the lists of a Current are filtered by, read from the URL; what cannot be read is left out.
Knows rows and their filters; knows no page."""

from __future__ import annotations

from datetime import tzinfo
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from braze_partners.days import Row, of_days
from braze_partners.rest.converters import MAX_ROW
from currents.kinds import kind_name
from currents.limits import MAX_LOOKED_FOR
from currents.models import Attempt, Current, DeadLetter

# No answer came at all.
NO_STATUS = "none"


class Filters(forms.Form):
    """`given` is what was asked for and can be read."""

    @cached_property
    def given(self) -> dict[str, Any]:
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}


class LookUpForm(Filters):
    event_id = forms.CharField(required=False, max_length=MAX_LOOKED_FOR)
    user = forms.CharField(required=False, max_length=MAX_LOOKED_FOR, strip=False)
    dropped = forms.IntegerField(required=False, min_value=1, max_value=MAX_ROW)
    before = forms.IntegerField(required=False, min_value=1, max_value=MAX_ROW)


class DayFilters(Filters):
    first_day = forms.DateField(label=_("From"), required=False)
    last_day = forms.DateField(label=_("To"), required=False)

    def of_days(self, rows: QuerySet[Row], zone: tzinfo) -> QuerySet[Row]:
        """Whole days of the zone."""
        first, last = self.given.get("first_day"), self.given.get("last_day")
        return of_days(rows, first, last, zone)


class AttemptFilters(DayFilters):
    outcome = forms.ChoiceField(required=False, choices=[("", ""), *Attempt.Outcome.choices])
    kind = forms.ChoiceField(required=False, choices=[("", ""), *Attempt.Kind.choices])
    status = forms.RegexField(r"^(none|[1-5][0-9]{2})$", label=_("Status"), required=False)

    def of(self, rows: QuerySet[Attempt], zone: tzinfo) -> QuerySet[Attempt]:
        given = self.given
        rows = rows.filter(**{name: given[name] for name in ("outcome", "kind") if name in given})
        if status := given.get("status"):
            rows = rows.filter(status=None if status == NO_STATUS else int(status))
        return self.of_days(rows, zone)


class LetterFilters(DayFilters):
    cause = forms.CharField(required=False, max_length=200, strip=False)
    event_type = forms.CharField(required=False, max_length=255)
    identity = forms.CharField(required=False, max_length=MAX_LOOKED_FOR, strip=False)

    def of(self, rows: QuerySet[DeadLetter], zone: tzinfo) -> QuerySet[DeadLetter]:
        given = self.given
        named = ("cause", "event_type", "identity")
        rows = rows.filter(**{name: given[name] for name in named if name in given})
        return self.of_days(rows, zone)


def letter_types(current: Current) -> list[tuple[str, str]]:
    """Event types of a Current's dead letters with their names, for the filter."""
    found = DeadLetter.objects.filter(current=current).order_by("event_type")
    return [(one, kind_name(one)) for one in found.values_list("event_type", flat=True).distinct()]
