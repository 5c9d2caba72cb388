"""What people type on the screens of this room, checked and tidied; the rules are elsewhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    SetPasswordForm,
)
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from braze_partners.workspaces import audit_words
from braze_partners.workspaces.audit_log import AuditFilters
from braze_partners.workspaces.models import Account, Language, Role, Theme, Workspace
from braze_partners.workspaces.workspace_settings import WorkspaceSettings, time_zones

EMAIL_ERRORS = {
    "required": _("Enter an e-mail address."),
    "invalid": _("Enter an e-mail address such as ana@example.org."),
    "max_length": _("Enter an e-mail address of at most 254 characters."),
}
NAME_ERRORS = {
    "required": _("Enter a name."),
    "max_length": _("Enter a name of at most 120 characters."),
}
PASSWORD_ERRORS = {"required": _("Enter a password.")}


def _password_rules() -> str:
    return " ".join(password_validators_help_texts())


password_rules = lazy(_password_rules, str)


class EmailField(forms.EmailField):
    """One spelling for one address: trimmed and in small letters."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {
            "autocomplete": kwargs.pop("autocomplete", "email"),
            "inputmode": "email",
        }
        if kwargs.pop("autofocus", False):
            attrs["autofocus"] = ""
        widget = forms.EmailInput(attrs=attrs)
        super().__init__(
            label=_("E-mail"),
            max_length=254,
            error_messages=EMAIL_ERRORS,
            widget=widget,
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        return str(super().clean(value)).lower()


class NameField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Name"))
        super().__init__(max_length=120, error_messages=NAME_ERRORS, **kwargs)


class NewPasswordField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(
            strip=False, widget=widget, max_length=256, error_messages=PASSWORD_ERRORS, **kwargs
        )


class CurrentPasswordField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
        super().__init__(
            strip=False,
            widget=widget,
            max_length=256,
            error_messages=PASSWORD_ERRORS,
            **kwargs,
        )


class SignInForm(AuthenticationForm):
    username = EmailField(autocomplete="username", autofocus=True)  # type: ignore[assignment]
    password = CurrentPasswordField(label=_("Password"))
    error_messages = {
        "invalid_login": _(
            "E-mail address and password do not match. Check both; capital and small letters "
            "of the password differ."
        ),
        "inactive": _("This account is switched off. Ask an Admin of your workspace."),
    }


class ForgottenPasswordForm(forms.Form):
    email = EmailField(autocomplete="username", autofocus=True)


class SetPassword(SetPasswordForm):  # type: ignore[type-arg]
    new_password1 = NewPasswordField(label=_("New password"), help_text=password_rules())
    new_password2 = NewPasswordField(label=_("New password again"))
    error_messages = {"password_mismatch": _("The two passwords differ. Enter the same one twice.")}


class ChangePasswordForm(PasswordChangeForm):
    old_password = CurrentPasswordField(label=_("Current password"))
    new_password1 = NewPasswordField(label=_("New password"), help_text=password_rules())
    new_password2 = NewPasswordField(label=_("New password again"))
    error_messages = {
        "password_mismatch": _("The two passwords differ. Enter the same one twice."),
        "password_incorrect": _("This is not your current password. Enter it again."),
    }


class ProfileForm(forms.Form):
    name = NameField(help_text=_("Other members see it, and the audit log keeps it."))
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices)


class NewAccountForm(forms.Form):
    """Name and password of an invited person who has no account yet."""

    name = NameField(label=_("Your name"))
    password = NewPasswordField(label=_("Password"), help_text=password_rules())

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "password" in cleaned:
            person = Account(email=self.email, name=cleaned.get("name", ""))
            try:
                validate_password(cleaned["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class InvitationForm(forms.Form):
    email = EmailField(
        autocomplete="off",
        help_text=_("They get a link that works for 7 days."),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.MARKETER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class WorkspaceForm(forms.Form):
    name = NameField(label=_("Workspace name"))
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Times on every screen and the days of filters are in this zone."),
        error_messages={"invalid_choice": _("Choose one of the zones in the list.")},
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=Language.choices,
        help_text=_("Of e-mails to people without an account here. Members choose their own."),
    )
    create_unknown_users = forms.BooleanField(
        label=_("Create unknown users on cohort import"),
        required=False,
        help_text=_(
            "Off, as Braze has it: a user whom this workspace does not know is skipped and stands "
            "in the run’s skipped list. On: the user is created with the identifier that the "
            "partner sent, and counts as a member at once."
        ),
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = time_zones()
        if workspace.time_zone not in zones:
            zones = [workspace.time_zone, *zones]
        choices = [(zone, zone.replace("_", " ")) for zone in zones]
        self.fields["time_zone"].choices = choices  # type: ignore[attr-defined]

    def wanted(self) -> WorkspaceSettings:
        return WorkspaceSettings(**self.cleaned_data)


class AuditFilterForm(forms.Form):
    """The filters of the audit log, read from the URL; one that cannot be read is left out."""

    person = forms.CharField(label=_("Person"), required=False, max_length=200)
    action = forms.CharField(label=_("Action"), required=False, max_length=60)
    target = forms.CharField(label=_("Object"), required=False, max_length=200)
    first_day = forms.DateField(label=_("From"), required=False)
    last_day = forms.DateField(label=_("To"), required=False)

    def filters(self) -> AuditFilters:
        self.full_clean()
        return AuditFilters(**{name: value for name, value in self.cleaned_data.items() if value})

    @staticmethod
    def action_choices() -> list[tuple[str, str]]:
        return [(action, str(words)) for action, words in audit_words.ACTIONS.items()]
