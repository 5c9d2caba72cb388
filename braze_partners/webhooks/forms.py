"""The form of a webhook; what is wrong with one is endpoints.py's to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from braze_partners.webhooks import endpoints
from braze_partners.webhooks.endpoints import Wanted
from braze_partners.webhooks.errors import WebhookRefused
from braze_partners.webhooks.kinds import Kind
from braze_partners.webhooks.limits import MAX_DESCRIPTION


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("URL"),
        help_text=_("It gets a POST with JSON for each event, and answers 2xx within 10 seconds."),
        widget=forms.URLInput(
            attrs={"placeholder": "https://example.com/hooks", "class": "input--mono"}
        ),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=MAX_DESCRIPTION,
        widget=forms.TextInput(attrs={"placeholder": _("Data warehouse")}),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one event.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                self.wanted = endpoints.check(Wanted(**cleaned))
            except WebhookRefused as refused:
                self.add_error(refused.field, refused.text)
        return cleaned
