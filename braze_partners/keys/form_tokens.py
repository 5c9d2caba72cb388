"""A form's token counts once: a page that shows a new key can be reloaded without making another.

Knows tokens only.
"""

from __future__ import annotations

import secrets

from django.core.cache import cache

LIFETIME_SECONDS = 24 * 3600


def new() -> str:
    return secrets.token_urlsafe(12)


def spend(token: str) -> bool:
    """False when this very form was sent before."""
    return bool(cache.add(f"form:{token}", True, LIFETIME_SECONDS))
