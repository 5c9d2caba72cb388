"""The API keys that the project accepts: its own, those added to it, those pinned by a setting."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from braze_partners.sandbox import state_files, vault
from braze_partners.sandbox.models import ProjectKey

# Characters of a key of Amplitude: 32 hexadecimal digits.
KEY_BYTES = 16

LONGEST_KEY = 200


class KeyRefused(Exception):
    """The key cannot be added; the text says what to enter instead."""


def own() -> str:
    """The key made at the first start; it cannot be revoked, only made to fail by a fault."""
    return state_files.project_credentials()["api_key"]


def accepts(key: str) -> bool:
    given = key.encode()
    return any(secrets.compare_digest(given, known.encode()) for known in accepted())


def accepts_pair(key: str, secret: str) -> bool:
    """The secret key belongs to the project and goes with each of its API keys."""
    return accepts_secret(secret) and accepts(key)


def accepts_secret(secret: str) -> bool:
    own_secret = state_files.project_credentials()["secret_key"]
    return secrets.compare_digest(secret.encode(), own_secret.encode())


def accepted() -> Iterator[str]:
    yield own()
    yield from settings.API_KEYS
    for row in ProjectKey.objects.filter(revoked_at__isnull=True):
        known = text_of(row)
        if known is not None:
            yield known


def text_of(row: ProjectKey) -> str | None:
    """The key itself; None when the key file is another than it was saved with."""
    try:
        return vault.decrypt(bytes(row.encrypted_key))
    except vault.KeyUnreadable:
        return None


def add(label: str, key: str, now: datetime) -> ProjectKey:
    """A further key; one is made at random where none is given."""
    label, key = label.strip(), key.strip() or secrets.token_hex(KEY_BYTES)
    if len(label) > 100:
        raise KeyRefused(_("A label has at most 100 characters."))
    if len(key) > LONGEST_KEY or not key.isprintable() or not key.isascii():
        raise KeyRefused(
            _("A key has at most %(limit)d printable ASCII characters.") % {"limit": LONGEST_KEY}
        )
    if accepts(key):
        raise KeyRefused(_("The project accepts this key already."))
    return ProjectKey.objects.create(label=label, encrypted_key=vault.encrypt(key), created_at=now)


def revoke(number: int, now: datetime) -> bool:
    """From the next request on the key is refused; whether there was one to revoke."""
    live = ProjectKey.objects.filter(pk=number, revoked_at__isnull=True)
    return bool(live.update(revoked_at=now))
