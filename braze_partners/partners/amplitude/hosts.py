"""Where Amplitude's regions are. Knows settings and the run file; knows no path of any API."""

from __future__ import annotations

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from braze_partners.running import sandbox_address


class Region(TextChoices):
    US = "us", _("United States")
    EU = "eu", _("European Union")
    SANDBOX = "sandbox", _("Sandbox")


US, EU, SANDBOX = Region.US, Region.EU, Region.SANDBOX


class NoHost(Exception):
    """The region has no address now; its text says why."""


def sandbox_is_offered() -> bool:
    """Never in production: a Current that is left on it would export real people's events there."""
    elsewhere = bool(settings.AMPLITUDE_SANDBOX_URL)
    return not settings.PRODUCTION and (settings.SANDBOX_ENABLED or elsewhere)


def regions(stored: str = "") -> list[Region]:
    """Those that are offered, and the one that is stored."""
    offered = set(Region) if sandbox_is_offered() else set(Region) - {SANDBOX}
    return [region for region in Region if region in offered or region == stored]


def base_url(region: str) -> str:
    """Without a trailing slash. Raises NoHost; the sandbox's is looked up at each call, since it
    has another port after a restart."""
    if region == SANDBOX:
        return _sandbox_url()
    hosts: dict[str, str] = {US: settings.AMPLITUDE_US_URL, EU: settings.AMPLITUDE_EU_URL}
    configured = hosts.get(region, "")
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


def analytics_url(region: str) -> str:
    """As `base_url`, for the API of behavioral cohorts, which is the analytics site's."""
    if region == SANDBOX:
        return _sandbox_url()
    sites: dict[str, str] = {
        US: settings.AMPLITUDE_US_ANALYTICS_URL,
        EU: settings.AMPLITUDE_EU_ANALYTICS_URL,
    }
    configured = sites.get(region, "")
    if not configured:
        raise NoHost(f"There is no region {region!r}.")
    return configured.rstrip("/")


def profile_url(region: str) -> str:
    """As `base_url`, for the User Profile API, which the European Union does not have."""
    if region == SANDBOX:
        return _sandbox_url()
    configured: str = settings.AMPLITUDE_US_PROFILE_URL if region == US else ""
    if not configured:
        raise NoHost("Amplitude offers the User Profile API for the United States only.")
    return configured.rstrip("/")
