"""The short forms that generate and rotate keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.keys import addresses, form_tokens, permissions
from braze_partners.keys.addresses import AddressesRefused
from braze_partners.keys.limits import GRACE_CHOSEN, GRACES, MAX_LABEL
from braze_partners.keys.permissions import Group

GRACE_WORDS: dict[int, str | Promise] = {
    0: _("Not at all: it is refused at once"),
    3_600: _("1 hour"),
    24 * 3_600: _("24 hours"),
    7 * 24 * 3_600: _("7 days"),
}


class _OnceForm(forms.Form):
    """A form that counts once, however often it is sent."""

    token = forms.CharField(
        max_length=64, widget=forms.HiddenInput, initial=form_tokens.new, required=False
    )

    def sent_before(self) -> bool:
        return not form_tokens.spend(self.cleaned_data["token"] or form_tokens.new())


class RotateForm(_OnceForm):
    grace = forms.TypedChoiceField(
        choices=[(seconds, GRACE_WORDS[seconds]) for seconds in GRACES], coerce=int
    )
    grace_chosen = GRACE_CHOSEN

    @property
    def graces(self) -> list[tuple[int, str | Promise]]:
        return [(seconds, GRACE_WORDS[seconds]) for seconds in GRACES]


class GenerateForm(_OnceForm):
    label = forms.CharField(
        label=_("Label"),
        max_length=MAX_LABEL,
        required=False,
        help_text=_("Where the key will be used, so that you know which one to take back."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": _("Amplitude production")}
        ),
    )


class GenerateRestKeyForm(GenerateForm):
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=[(p.name, p.text) for p in permissions.PERMISSIONS],
        error_messages={"required": _("Choose at least one permission.")},
    )
    addresses = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        help_text=_("Addresses and networks that may call with the key, one a line; none for any."),
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "203.0.113.7\n2001:db8::/32"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"].widget.attrs["placeholder"] = _("Reporting script")

    def clean_addresses(self) -> list[str]:
        try:
            return addresses.read(addresses.split(self.cleaned_data["addresses"]))
        except AddressesRefused as refused:
            raise forms.ValidationError(str(refused)) from refused

    @property
    def groups(self) -> list[Group]:
        return permissions.groups()

    @property
    def chosen(self) -> list[str]:
        return self.data.getlist("permissions") if self.is_bound else []  # type: ignore[attr-defined]
