"""The short forms that generate keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from braze_partners.keys import form_tokens, permissions
from braze_partners.keys.limits import MAX_LABEL
from braze_partners.keys.permissions import Group


class GenerateForm(forms.Form):
    label = forms.CharField(
        label=_("Label"),
        max_length=MAX_LABEL,
        required=False,
        help_text=_("Where the key will be used, so that you know which one to take back."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": _("Amplitude production")}
        ),
    )
    token = forms.CharField(
        max_length=64, widget=forms.HiddenInput, initial=form_tokens.new, required=False
    )

    def sent_before(self) -> bool:
        return not form_tokens.spend(self.cleaned_data["token"] or form_tokens.new())


class GenerateRestKeyForm(GenerateForm):
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=[(p.name, p.text) for p in permissions.PERMISSIONS],
        error_messages={"required": _("Choose at least one permission.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"].widget.attrs["placeholder"] = _("Reporting script")

    @property
    def groups(self) -> list[Group]:
        return permissions.groups()

    @property
    def chosen(self) -> list[str]:
        return self.data.getlist("permissions") if self.is_bound else []  # type: ignore[attr-defined]
