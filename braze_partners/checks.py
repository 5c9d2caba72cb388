"""What must be so before we serve: each finding has an id, said again in docs/operating.md."""

from __future__ import annotations

import ipaddress
import sqlite3
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

# RETURNING and upserts, which the embedded default uses.
OLDEST_SQLITE = (3, 35, 0)
AMPLITUDE_ADDRESSES = (
    "AMPLITUDE_US_URL",
    "AMPLITUDE_EU_URL",
    "AMPLITUDE_US_ANALYTICS_URL",
    "AMPLITUDE_EU_ANALYTICS_URL",
    "AMPLITUDE_SANDBOX_URL",
)


@register(Tags.security)
def encryption_keys_are_usable(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    for key in settings.ENCRYPTION_KEYS:
        try:
            Fernet(key)
        except ValueError:
            hint = "Each is 32 random bytes in URL-safe base64, comma separated."
            return [
                Error("ENCRYPTION_KEYS holds no Fernet key.", hint=hint, id="braze_partners.E002")
            ]
    return []


@register(Tags.security)
def trusted_proxies_are_networks(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    for network in settings.TRUSTED_PROXIES:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            text = f"TRUSTED_PROXIES holds {network!r}, which is no address or network."
            return [Error(text, id="braze_partners.E003")]
    return []


@register(Tags.security)
def outbound_allowed_is_readable(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    for entry in settings.OUTBOUND_ALLOWED:
        try:
            if "/" in entry:
                ipaddress.ip_network(entry)
        except ValueError:
            text = f"OUTBOUND_ALLOWED holds {entry!r}, which is no host, address or network."
            return [Error(text, id="braze_partners.E008")]
    return []


@register(Tags.security)
def amplitude_is_at_addresses(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """The sandbox's may be missing: it is then looked up in the run file."""
    found: list[CheckMessage] = []
    for name in AMPLITUDE_ADDRESSES:
        url = getattr(settings, name)
        if not url and name == "AMPLITUDE_SANDBOX_URL":
            continue
        scheme = _scheme(url)
        if scheme not in ("https", "http"):
            found.append(Error(f"{name} is {url!r}, no address.", id="braze_partners.E007"))
        elif scheme == "http" and settings.PRODUCTION:
            text = f"{name} is {url!r}: API keys are sent in the clear."
            found.append(Warning(text, id="braze_partners.W004"))
    return found


def _scheme(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts.scheme if parts.hostname else ""
    except ValueError:
        return ""


@register(Tags.security)
def production_is_careful(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("DEBUG is on in production.", id="braze_partners.E004"))
    if settings.SANDBOX_ENABLED:
        found.append(Error("SANDBOX_ENABLED is on in production.", id="braze_partners.E005"))
    if not settings.DATABASE_URL:
        text = "Production on SQLite: one machine, one writer at a time."
        found.append(Warning(text, hint="Set DATABASE_URL.", id="braze_partners.W001"))
    if not settings.REDIS_URL:
        text = "Production without Redis: rate counters are kept per process."
        found.append(Warning(text, hint="Set REDIS_URL.", id="braze_partners.W002"))
    return found


@register(Tags.compatibility)
def sqlite_is_new_enough(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    if settings.DATABASE_URL or sqlite3.sqlite_version_info >= OLDEST_SQLITE:
        return []
    text = f"SQLite {sqlite3.sqlite_version} is older than 3.35."
    return [Error(text, hint="Use a newer Python or PostgreSQL.", id="braze_partners.E006")]


@register(Tags.caches, deploy=True)
def redis_evicts_nothing(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """Asked with `check --deploy` and at the start of the web process, for it needs the network."""
    if not settings.REDIS_URL:
        return []
    import redis

    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "")  # type: ignore[union-attr]
    except redis.RedisError:  # down, or a managed one that hides CONFIG: /readyz tells the former
        return []
    if policy in ("noeviction", ""):
        return []
    text = f"Redis evicts keys ({policy}): wake-ups and counters may vanish."
    hint = "Set maxmemory-policy to noeviction."
    return [Warning(text, hint=hint, id="braze_partners.W003")]
