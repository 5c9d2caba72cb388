"""Where Amplitude's regions are. Knows settings and the run file; knows no path of any API."""

from __future__ import annotations

from django.conf import settings

from braze_partners.running import sandbox_address

US, EU, SANDBOX = "us", "eu", "sandbox"


class NoHost(Exception):
    """The region has no address now; its text says why."""


def sandbox_is_offered() -> bool:
    """Never in production: a Current that is left on it would export real people's events there."""
    elsewhere = bool(settings.AMPLITUDE_SANDBOX_URL)
    return not settings.PRODUCTION and (settings.SANDBOX_ENABLED or elsewhere)


def base_url(region: str) -> str:
    """Without a trailing slash. Raises NoHost; the sandbox's is looked up at each call, since it
    has another port after a restart."""
    if region == SANDBOX:
        return _sandbox_url()
    configured = {US: settings.AMPLITUDE_US_URL, EU: settings.AMPLITUDE_EU_URL}.get(region, "")
    if not configured:
        raise NoHost(f"There is no region {region!r}.")
    return configured.rstrip("/")


def _sandbox_url() -> str:
    if not sandbox_is_offered():
        raise NoHost("The sandbox is not enabled here.")
    address: str = settings.AMPLITUDE_SANDBOX_URL or sandbox_address()
    if not address:
        raise NoHost("The sandbox is not running.")
    return address.rstrip("/")
