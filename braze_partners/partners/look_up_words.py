"""What came of asking Amplitude about a person, in one plain sentence. Pure."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.partners.limits import LOOK_UP_SECONDS
from braze_partners.partners.models import ProfileLookUp

Verdict = ProfileLookUp.Verdict

SENTENCES: dict[str, str | Promise] = {
    Verdict.UNKNOWN: _("Amplitude has not seen this user or device."),
    Verdict.NOT_OFFERED: _(
        "Amplitude offers its User Profile API for projects in the United States only."
    ),
    Verdict.UNAUTHORIZED: _(
        "Amplitude refuses the secret key of this project. An admin can enter it again."
    ),
    Verdict.FORBIDDEN: _("A firewall or a blocked region keeps us out; it is seldom the key."),
    Verdict.THROTTLED: _(
        "Amplitude takes no more than 600 such questions a minute. Ask again in a minute."
    ),
    Verdict.TOO_LARGE: _("What Amplitude knows of this user is larger than we read."),
    Verdict.TIMEOUT: _("No whole answer came within %(seconds)s s. Ask again in a minute."),
    Verdict.CONNECTION: _("The connection to Amplitude failed or broke off."),
    Verdict.DNS: _("The name of Amplitude’s host is not known here."),
    Verdict.GARBAGE: _("Something else than Amplitude answered: a proxy perhaps."),
    Verdict.SERVER_ERROR: _("Amplitude has a fault of its own. Ask again in a minute."),
    Verdict.UNEXPECTED: _("Amplitude’s answer is not one that its User Profile API gives."),
    Verdict.NO_HOST: _("The region has no address now: is the sandbox running?"),
    Verdict.UNREADABLE: _("The secret key could not be read back. An admin can enter it again."),
    Verdict.NOT_RUN: _("No worker took the question, so nothing was asked."),
}


def sentence(look_up: ProfileLookUp) -> str:
    """Empty where the user was found."""
    found = SENTENCES.get(look_up.verdict)
    return str(found) % {"seconds": round(LOOK_UP_SECONDS)} if found else ""
