"""What went wrong with a sync, in sentences for people. Knows kinds of answers; knows no run."""

from __future__ import annotations

from django.utils.translation import gettext as _

from braze_partners.partners.amplitude.cohort_answers import Kind, NotAnswered


def not_answered(error: NotAnswered, remote_id: str) -> str:
    """Our sentence, and Amplitude's or the system's own words behind it."""
    text = _sentence(error.kind, remote_id)
    return f"{text} {error.words}".strip()


def _sentence(kind: Kind, remote_id: str) -> str:
    sentences = {
        Kind.UNAUTHORIZED: _("Amplitude refuses the project’s keys (401)."),
        Kind.FORBIDDEN: _("Amplitude forbids these keys to read cohorts (403)."),
        Kind.NOT_FOUND: _("Amplitude does not know the cohort %(id)s.") % {"id": remote_id},
        Kind.THROTTLED: _("Amplitude says that there are too many requests (429)."),
        Kind.TOO_LARGE: _("Amplitude’s answer is too large."),
        Kind.TIMEOUT: _("Amplitude did not answer in time."),
        Kind.CONNECTION: _("The connection to Amplitude failed."),
        Kind.DNS: _("Amplitude’s host cannot be found."),
        Kind.GARBAGE: _("What came back is not HTTP."),
        Kind.SERVER_ERROR: _("Amplitude has an error of its own."),
        Kind.UNEXPECTED: _("Amplitude gave an unexpected answer."),
        Kind.NO_HOST: _("There is no address for the project’s region."),
        Kind.REDIRECT: _("Amplitude’s redirect was not followed."),
    }
    return sentences[kind]
