"""What the rules of this room refuse, each in one sentence for a person."""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RefusedError(Exception):
    """A rule said no; nothing was changed."""

    sentence: ClassVar[str | Promise]

    def __str__(self) -> str:
        return str(self.sentence)


class LastAdminError(RefusedError):
    sentence = _(
        "This is the last Admin of the workspace. Make someone else an Admin first, "
        "then try again. Nothing was changed."
    )


class UnknownMemberError(RefusedError):
    sentence = _("This person is no longer a member of the workspace. Nothing was changed.")


class AlreadyMemberError(RefusedError):
    sentence = _("This person is already a member. Change their role in the list of members.")


class AlreadyInvitedError(RefusedError):
    sentence = _("This address was invited already. Use Resend in the list of open invitations.")


class TooManyInvitationsError(RefusedError):
    sentence = _("There are 200 open invitations, which is the most. Revoke some of them first.")


class UnknownInvitationError(RefusedError):
    sentence = _("This invitation is no longer open. Nothing was changed.")


class WrongAccountError(RefusedError):
    sentence = _("This invitation is for another e-mail address than the one you are signed in as.")


class AccountExistsError(RefusedError):
    sentence = _("An account with this e-mail address exists by now. Sign in to accept.")


class UnknownTimeZoneError(RefusedError):
    sentence = _("This is not a time zone. Enter one such as Europe/Paris.")
