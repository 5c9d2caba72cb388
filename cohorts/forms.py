"""The filters of the import runs' pages, read from the URL; what cannot be read is left out."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from cohorts.data_point_days import COUNTED
from cohorts.data_points import PointFilters
from cohorts.limits import DAYS_IN_LEDGER
from cohorts.models import ImportRun
from cohorts.run_listing import RunFilters
from cohorts.skipped import Reason
from cohorts.skipped_search import Where

MAX_ROW = 2**63 - 1


class RunFilterForm(forms.Form):
    search = forms.CharField(required=False, max_length=255)
    partner = forms.SlugField(required=False, max_length=40)
    cohort = forms.IntegerField(required=False, min_value=1, max_value=MAX_ROW)
    key = forms.IntegerField(required=False, min_value=1, max_value=MAX_ROW)
    kind = forms.ChoiceField(required=False, choices=[("", ""), *ImportRun.Kind.choices])
    state = forms.ChoiceField(required=False, choices=[("", ""), *ImportRun.State.choices])
    first_day = forms.DateField(label=_("From"), required=False)
    last_day = forms.DateField(label=_("To"), required=False)
    with_skips = forms.BooleanField(label=_("With skips only"), required=False)

    def filters(self) -> RunFilters:
        self.full_clean()
        return RunFilters(**{name: value for name, value in self.cleaned_data.items() if value})


class SkippedFilterForm(forms.Form):
    q = forms.CharField(required=False, max_length=1_000, strip=False)
    cohort = forms.IntegerField(required=False, min_value=1, max_value=MAX_ROW)
    reason = forms.ChoiceField(required=False, choices=[("", ""), *((r, r) for r in Reason)])

    def where(self, workspace_id: int) -> Where:
        self.full_clean()
        told = self.cleaned_data
        return Where(
            workspace_id, told.get("q", ""), told.get("reason", ""), told.get("cohort") or None
        )


class PointFilterForm(forms.Form):
    first_day = forms.DateField(label=_("From"), required=False)
    last_day = forms.DateField(label=_("To"), required=False)
    partner = forms.SlugField(required=False, max_length=40)
    cohort = forms.CharField(required=False, max_length=255)
    kind = forms.ChoiceField(required=False, choices=[("", ""), *((k, k) for k in COUNTED)])
    key = forms.IntegerField(required=False, min_value=1, max_value=MAX_ROW)

    DAYS = 30  # where the address says nothing

    def filters(self, today: date) -> PointFilters:
        """The last thirty days, or a span of at most DAYS_IN_LEDGER days."""
        self.full_clean()
        told = self.cleaned_data
        last = told.get("last_day") or today
        first = told.get("first_day") or last - timedelta(days=min(self.DAYS, last.toordinal()) - 1)
        first, last = min(first, last), max(first, last)
        longest = timedelta(days=min(DAYS_IN_LEDGER, last.toordinal()) - 1)
        return PointFilters(
            max(first, last - longest),
            last,
            told.get("partner", ""),
            told.get("cohort", ""),
            told.get("kind", ""),
            told.get("key"),
        )
