"""The REST endpoint to give to a partner, and how a call of it looks."""

from __future__ import annotations

from django.conf import settings


def rest_endpoint(origin: str) -> str:
    """The setting, else where the request came to; without a trailing slash."""
    return (settings.REST_ENDPOINT or origin).rstrip("/")


def cohorts_path(partner: str) -> str:
    """Partners add it to the endpoint themselves."""
    return f"/partners/{partner}/cohorts"
