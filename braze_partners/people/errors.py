"""What can go wrong with people, in words that name the limit or the value. Knows no HTTP."""

from __future__ import annotations

from django.utils.translation import gettext as _


class PeopleError(Exception):
    """The common ground; `str()` is a sentence for the person who caused it."""


class NumbersExhausted(PeopleError):
    def __init__(self, workspace_id: int) -> None:
        super().__init__(_("This workspace has given out all of its 4,294,967,296 numbers."))
        self.workspace_id = workspace_id


class StillCounting(PeopleError):
    """An answer is being counted for the first time; `share` of it, from 0 to 1, is done."""

    def __init__(self, share: float) -> None:
        super().__init__(
            _("This is being counted for the first time: %d%% is done.") % int(share * 100)
        )
        self.share = share


class ValueRefused(PeopleError):
    """One value of one person that breaks a rule; `column` says which."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column = column


class PersonGone(PeopleError):
    """Somebody who was found a moment ago has been deleted, or became part of somebody else."""

    def __init__(self) -> None:
        super().__init__(_("This person has been deleted or merged in the meantime."))
