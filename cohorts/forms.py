"""The filters of the import runs' pages, read from the URL; what cannot be read is left out."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

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
