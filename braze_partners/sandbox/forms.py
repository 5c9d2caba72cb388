"""The forms of the sandbox's pages: they read and check what was typed, and decide nothing."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from braze_partners.sandbox import project_keys, users
from braze_partners.sandbox.event_log import Filter
from braze_partners.sandbox.limits import IDENTIFIER_LENGTH
from braze_partners.sandbox.models import Cohort
from braze_partners.sandbox.rules import joining
from braze_partners.sandbox.rules.properties import RuleRefused


class IdsField(forms.CharField):
    """A pasted list of user ids; cleans to a list without repeats."""

    widget = forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        try:
            return users.read_ids(super().clean(value))
        except users.UsersRefused as refused:
            raise forms.ValidationError(str(refused)) from refused


class PropertiesField(forms.CharField):
    """User properties as a JSON object; cleans to a dict."""

    widget = forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            properties = json.loads(text or "{}")
        except ValueError as broken:
            raise forms.ValidationError(
                _('Enter a JSON object, for example {"plan": "pro"}.')
            ) from broken
        if not isinstance(properties, dict):
            raise forms.ValidationError(_('Enter a JSON object, for example {"plan": "pro"}.'))
        return properties


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a date and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1"}, format="%Y-%m-%dT%H:%M:%S")


class UserForm(forms.Form):
    user_id = forms.CharField(
        label=gettext_lazy("User ID"), max_length=IDENTIFIER_LENGTH, required=False
    )
    device_id = forms.CharField(
        label=gettext_lazy("Device ID"), max_length=IDENTIFIER_LENGTH, required=False
    )
    properties = PropertiesField(label=gettext_lazy("User properties"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("user_id") and not cleaned.get("device_id"):
            raise forms.ValidationError(_("Enter a user ID or a device ID."))
        return cleaned


class ManyUsersForm(forms.Form):
    user_ids = IdsField(label=gettext_lazy("User IDs"))
    properties = PropertiesField(
        label=gettext_lazy("User properties for all of them"), required=False
    )


class ListCohortForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    user_ids = IdsField(label=gettext_lazy("User IDs"), required=False)


class NameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)


class MembersForm(forms.Form):
    add = IdsField(label=gettext_lazy("Add these user IDs"), required=False)
    remove = IdsField(label=gettext_lazy("Remove these user IDs"), required=False)


class DestinationForm(forms.Form):
    api_key = forms.CharField(
        label=gettext_lazy("Braze API Key"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )
    rest_endpoint = forms.CharField(
        label=gettext_lazy("Braze REST Endpoint"),
        max_length=300,
        widget=forms.TextInput(
            attrs={"placeholder": "https://rest.iad-01.braze.com", "spellcheck": "false"}
        ),
    )


class EventFilterForm(forms.Form):
    """The filters of the event stream; they stand in the address."""

    event_type = forms.CharField(label=gettext_lazy("Event type"), required=False)
    user_id = forms.CharField(label=gettext_lazy("User ID"), required=False)
    device_id = forms.CharField(label=gettext_lazy("Device ID"), required=False)
    insert_id = forms.CharField(label=gettext_lazy("Insert ID"), required=False)
    received_from = forms.DateTimeField(
        label=gettext_lazy("Received from"), required=False, widget=MomentInput
    )
    received_until = forms.DateTimeField(
        label=gettext_lazy("Received until"), required=False, widget=MomentInput
    )

    def wanted(self) -> Filter:
        return Filter(**{name: value or None for name, value in self.cleaned_data.items()})


class KeyForm(forms.Form):
    label = forms.CharField(label=gettext_lazy("Label"), max_length=100, required=False)
    api_key = forms.CharField(
        label=gettext_lazy("API key"),
        required=False,
        max_length=project_keys.LONGEST_KEY,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


# The fields of a row of each kind; those of events come with `event_` before them.
PROPERTY_ROW = ("property", "operator", "value")
EVENT_ROW = (
    *("type", "operator", "times", "days"),
    *("where_property", "where_operator", "where_value"),
)


class RuleForm(forms.Form):
    """The rows of a rule come as parallel lists, so that any number of them can be sent."""

    match = forms.ChoiceField(choices=Cohort.Match.choices, initial=Cohort.Match.ALL)

    def rows(self) -> list[dict[str, Any]]:
        """What was entered, conditions on properties first; empty rows are left out."""
        if not isinstance(self.data, QueryDict):
            return []
        listed = self._listed(self.data, "", PROPERTY_ROW)
        properties = [row for row in listed if row["property"] or row["value"]]
        did = self._listed(self.data, "event_", EVENT_ROW)
        return [*properties, *(self._event_row(row) for row in did if row["type"])]

    def _listed(self, data: QueryDict, prefix: str, names: tuple[str, ...]) -> list[dict[str, str]]:
        lists = [data.getlist(f"{prefix}{name}") for name in names]
        return [
            {name: value.strip() for name, value in zip(names, values, strict=True)}
            for values in zip(*lists, strict=False)
        ]

    def _event_row(self, row: dict[str, str]) -> dict[str, Any]:
        where = {name: row[f"where_{name}"] for name in PROPERTY_ROW}
        return {
            "event": row["type"],
            "operator": row["operator"],
            "times": row["times"],
            "days": row["days"],
            "where": where if where["property"] else None,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        try:
            cleaned["conditions"] = joining.read_conditions(self.rows())
        except RuleRefused as refused:
            raise forms.ValidationError(str(refused)) from refused
        return cleaned


class RuleCohortForm(RuleForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    field_order = ["name", "match"]
