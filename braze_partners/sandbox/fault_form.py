"""The form of one kind of fault, made from its options; it checks by the kind's own rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from braze_partners.sandbox.faults import switching
from braze_partners.sandbox.faults.kinds import Kind
from braze_partners.sandbox.faults.options import (
    ChoiceOption,
    NumberOption,
    Option,
    OptionRefused,
    SeveralOption,
    TextOption,
)
from braze_partners.sandbox.models import Fault

# Minutes that are offered; REST takes any number.
DURATIONS = (1, 5, 15, 60, 1_440)
UNTIL_SWITCHED_OFF = ""


class IdLinesField(forms.CharField):
    """Ids, one a line; cleans to a list without repeats."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        lines = super().clean(value).splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


class FaultForm(forms.Form):
    share = forms.FloatField(
        label=gettext_lazy("Share in percent"),
        min_value=0.1,
        max_value=100,
        initial=100,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("Duration"), required=False, coerce=float, empty_value=None
    )

    def __init__(self, kind: Kind, fault: Fault | None, data: Any) -> None:
        initial = {**fault.options, "share": fault.share * 100} if fault else {}
        super().__init__(data, initial=initial)
        self.kind = kind
        self.fields["minutes"].choices = _durations()  # type: ignore[attr-defined]
        for option in kind.options:
            self.fields[option.name] = _field(option)
        if kind.share_of_events:
            self.fields["share"].initial = 10

    def option_fields(self) -> list[tuple[forms.BoundField, Any]]:
        """Each option's field with its hint."""
        return [(self[option.name], option.hint) for option in self.kind.options]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                cleaned["wanted"] = self._wanted(cleaned)
            except OptionRefused as refused:
                self.add_error(refused.name, str(refused))
        return cleaned

    def wanted(self) -> switching.Wanted:
        wanted: switching.Wanted = self.cleaned_data["wanted"]
        return wanted

    def _wanted(self, cleaned: dict[str, Any]) -> switching.Wanted:
        options = {option.name: cleaned[option.name] for option in self.kind.options}
        given = {"share": cleaned["share"] / 100, "minutes": cleaned["minutes"], **options}
        return switching.wanted(self.kind.name, given)


def _durations() -> list[tuple[str, str]]:
    words = {1: _("1 minute"), 60: _("1 hour"), 1_440: _("1 day")}
    offered = [
        (str(minutes), words.get(minutes) or _("%(count)d minutes") % {"count": minutes})
        for minutes in DURATIONS
    ]
    return [(UNTIL_SWITCHED_OFF, _("Until it is switched off")), *offered]


def _field(option: Option) -> forms.Field:
    label = str(option.label)
    if isinstance(option, NumberOption):
        return _number(option, label)
    if isinstance(option, ChoiceOption):
        by_text = {str(choice): choice for choice in option.choices}
        return forms.TypedChoiceField(
            label=label,
            initial=option.default,
            choices=[(text, text) for text in by_text],
            coerce=lambda text: by_text[text],
        )
    if isinstance(option, SeveralOption):
        return forms.MultipleChoiceField(
            label=label,
            initial=option.default,
            choices=list(option.choices.items()),
            widget=forms.CheckboxSelectMultiple,
        )
    if isinstance(option, TextOption):
        return forms.CharField(label=label, initial=option.default)
    return IdLinesField(label=label, initial=option.default, required=False)


def _number(option: NumberOption, label: str) -> forms.Field:
    if option.whole:
        return forms.IntegerField(
            label=label,
            initial=option.default,
            min_value=int(option.least),
            max_value=int(option.most),
        )
    return forms.FloatField(
        label=label,
        initial=option.default,
        min_value=option.least,
        max_value=option.most,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
