"""What came of a connection test in one plain sentence: what it means and what to do. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from currents.limits import TEST_SECONDS
from currents.models import ConnectionTest

Verdict = ConnectionTest.Verdict

# After this long in the queue a worker seems to be missing, and the page says so.
LONG_QUEUED = timedelta(seconds=15)

SENTENCES: dict[str, Promise] = {
    Verdict.ACCEPTED: _("Amplitude accepted the test event."),
    Verdict.INVALID_KEY: _(
        "Amplitude refuses this API key. Copy it again, and check that the region is right."
    ),
    Verdict.UNAUTHORIZED: _("Amplitude does not know this API key. Check the key and the region."),
    Verdict.FORBIDDEN: _("A firewall or a blocked region keeps us out; it is seldom the key."),
    Verdict.REJECTED: _("Amplitude refuses the test event itself. Its own words say why."),
    Verdict.THROTTLED: _("Amplitude throttles this project at the moment. Test again in a minute."),
    Verdict.TOO_LARGE: _("Something on the way refuses even a small request. Check the proxy."),
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
        "Amplitude’s event upload does not answer like this. Check the region’s address."
    ),
    Verdict.UNREADABLE: _("The key could not be read back. Enter it again."),
    Verdict.NOT_RUN: _(
        "No worker took the test, so nothing was sent. Check that a worker is running."
    ),
}


def sentence(test: ConnectionTest) -> str:
    """Of a test that is done."""
    return str(SENTENCES[test.verdict]) % {"seconds": round(TEST_SECONDS)}


def is_long_queued(test: ConnectionTest, now: datetime) -> bool:
    return test.state == ConnectionTest.State.QUEUED and now - test.created_at > LONG_QUEUED
