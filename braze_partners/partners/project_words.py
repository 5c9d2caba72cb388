"""What came of asking an Amplitude project, in one plain sentence: what it means and what to do.
Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from braze_partners import formatting
from braze_partners.partners.limits import CHECK_SECONDS
from braze_partners.partners.models import ProjectCheck, Verdict

# After this long in the queue a worker seems to be missing, and the page says so.
LONG_QUEUED = timedelta(seconds=15)

SENTENCES: dict[str, Promise] = {
    Verdict.UNAUTHORIZED: _(
        "Amplitude refuses these keys. Copy both again, and check that the region is right."
    ),
    Verdict.FORBIDDEN: _("A firewall or a blocked region keeps us out; it is seldom the keys."),
    Verdict.THROTTLED: _("Amplitude throttles this project at the moment. Test again in a minute."),
    Verdict.TOO_LARGE: _("The list of cohorts is larger than we read. Archive some at Amplitude."),
    Verdict.TIMEOUT: _("No whole answer came within %(seconds)s s. Test again in a minute."),
    Verdict.CONNECTION: _(
        "The connection failed or broke off. Check that this server may reach the address."
    ),
    Verdict.DNS: _("The name of the host is not known here. Check this server’s name look-up."),
    Verdict.GARBAGE: _(
        "Something else than Amplitude answered: a proxy or a sign-in page perhaps."
    ),
    Verdict.SERVER_ERROR: _("Amplitude has a fault of its own. Test again in a minute."),
    Verdict.UNEXPECTED: _(
        "Amplitude’s list of cohorts does not look like this. Check the region’s address."
    ),
    Verdict.NO_HOST: _("The region has no address now: is the sandbox running?"),
    Verdict.UNREADABLE: _("The keys could not be read back. Enter them again."),
    Verdict.NOT_RUN: _(
        "No worker took the test, so nothing was asked. Check that a worker is running."
    ),
}


def sentence(verdict: str, cohorts: int | None) -> str:
    """Of a question that ended."""
    if verdict == Verdict.ACCEPTED:
        said = ngettext(
            "Amplitude accepts these keys: the project has %(n)s cohort.",
            "Amplitude accepts these keys: the project has %(n)s cohorts.",
            cohorts or 0,
        )
        locale = formatting.locale_of(get_language())
        return said % {"n": formatting.number(cohorts or 0, locale)}
    found = SENTENCES.get(verdict)
    return str(found) % {"seconds": round(CHECK_SECONDS)} if found else ""


def is_long_queued(check: ProjectCheck, now: datetime) -> bool:
    return check.state == ProjectCheck.State.QUEUED and now - check.created_at > LONG_QUEUED
