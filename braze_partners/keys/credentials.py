"""Credentials of other systems: encrypted at rest under rotatable keys, never shown again.

Knows ENCRYPTION_KEYS; knows not whose credentials they are. The first key encrypts, all decrypt.
"""

from __future__ import annotations

import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CredentialUnreadable(Exception):
    """What is stored was encrypted under a key that ENCRYPTION_KEYS no longer holds."""


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


def encrypt(text: str) -> bytes:
    return _fernet().encrypt(text.encode())


def decrypt(stored: bytes | memoryview) -> str:
    """Raises CredentialUnreadable."""
    try:
        return _fernet().decrypt(bytes(stored)).decode()
    except InvalidToken as error:
        raise CredentialUnreadable from error


def fingerprint(text: str) -> str:
    """64 hex digits by which two equal credentials are known as such, and nothing else."""
    secret = settings.KEY_HASH_SECRET.encode()
    return hmac.digest(secret, b"credential:" + text.encode(), "sha256").hex()


def hint(text: str) -> str:
    """`a8b1…41f7`; of something short nothing but dots."""
    return f"{text[:4]}…{text[-4:]}" if len(text) >= 16 else "…"
